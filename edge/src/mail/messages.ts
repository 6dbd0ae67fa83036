/** What the mails say. Plain text and simple HTML say the same; what is not ours is escaped. */
import type { Role } from '@appflux/protocol';
import { escapeHtml, type Mail } from './mail.ts';

/** What a link is for. */
export type LinkKind = 'sign_in' | 'recovery' | 'invitation';

/** A link to be sent. */
export interface LinkMail {
  kind: LinkKind;
  to: string;
  url: string;
  /** ISO 8601. */
  expiresAt: string;
  /** The address of the instance. */
  instance: string;
  /** For an invitation: who invites, and as what. */
  invitedBy?: string | undefined;
  role?: Role | undefined;
}

interface Words {
  subject: string;
  why: string;
  what: string;
  button: string;
  otherwise: string;
}

const NOT_YOU = 'If this was not you, ignore this email. Nothing changes unless the link is opened.';

const WORDS: Record<LinkKind, (link: LinkMail) => Words> = {
  sign_in: ({ to, instance }) => ({
    subject: 'Your link to sign in to AppFlux',
    why: `Someone asked to sign in to AppFlux at ${instance} as ${to}.`,
    what: 'Open this link to sign in',
    button: 'Sign in',
    otherwise: NOT_YOU,
  }),
  recovery: ({ to, instance }) => ({
    subject: 'Set a new password for AppFlux',
    why: `Someone asked for a new password for ${to} on AppFlux at ${instance}.`,
    what: 'Open this link to set a new password',
    button: 'Set a new password',
    otherwise: NOT_YOU,
  }),
  invitation: ({ instance, invitedBy, role }) => ({
    subject: 'You are invited to a team on AppFlux',
    why: `${invitedBy ?? 'The operator'} invites you to their team on AppFlux at ${instance}${role === undefined ? '' : `, as ${role}`}.`,
    what: 'Open this link to join',
    button: 'Join the team',
    otherwise: 'If you did not expect this, ignore this email.',
  }),
};

/** The message that brings somebody their link. */
export function linkMail(link: LinkMail): Mail {
  const { subject, why, what, button, otherwise } = WORDS[link.kind](link);
  const until = `It works once, until ${new Date(link.expiresAt).toUTCString()}.`;
  const text = [why, `${what}. ${until}`, link.url, otherwise].join('\n\n');
  const html = [
    '<!doctype html><html lang="en"><body style="font-family:sans-serif;line-height:1.5">',
    `<p>${escapeHtml(why)}</p>`,
    `<p>${escapeHtml(`${what}. ${until}`)}</p>`,
    `<p><a href="${escapeHtml(link.url)}">${escapeHtml(button)}</a></p>`,
    `<p>Or copy this address: <br>${escapeHtml(link.url)}</p>`,
    `<p>${escapeHtml(otherwise)}</p>`,
    '</body></html>',
  ].join('\n');
  return { to: link.to, subject, text: `${text}\n`, html };
}
