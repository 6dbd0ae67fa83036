/** The emails of a project: rate limits and links. Source: internal/api/mail.go, internal/mailer */
import { createHash, randomInt } from 'node:crypto';
import type { Mailed, Person, Project } from './project.ts';
import { Refusal } from './refusal.ts';

/** How long an emailed link or code is valid, in milliseconds. */
const GOOD_FOR_MS = 3_600_000;

const HOUR_MS = 3_600_000;

export type LinkType = 'signup' | 'recovery' | 'magiclink' | 'email_change';

/** When emails were sent, for the hourly limit. */
const sent = new WeakMap<Project, number[]>();

/** Creates the token of a link: a hash, with a prefix when it belongs to a PKCE flow. */
function makeToken(email: string, pkce: boolean): string {
  const code = String(randomInt(0, 1_000_000)).padStart(6, '0');
  return `${pkce ? 'pkce_' : ''}${hashOf(email, code)}`;
}

const hashOf = (email: string, code: string) =>
  createHash('sha224')
    .update(email + code)
    .digest('hex');

/** Whether an emailed link or code is still valid. */
export const isGood = (sentAt: Date): boolean => Date.now() - sentAt.getTime() <= GOOD_FOR_MS;

/** Rejects a second email of one kind that comes too soon. */
function requirePause(project: Project, before: Date | undefined): void {
  if (before === undefined) return;
  const left = before.getTime() + project.settings.secondsBetweenMails * 1000 - Date.now();
  if (left <= 0) return;
  const seconds = Math.floor(left / 1000);
  throw new Refusal(
    429,
    'over_email_send_rate_limit',
    `For security purposes, you can only request this after ${seconds} seconds.`,
  );
}

/** Counts an email against the hourly limit. Projects without email confirmation don't count. */
function requireQuota(project: Project): void {
  if (!project.settings.confirmEmail && project.settings.mailsPerHour > 0) return;
  const now = Date.now();
  const recent = (sent.get(project) ?? []).filter((at) => now - at < HOUR_MS);
  if (recent.length >= project.settings.mailsPerHour) {
    throw new Refusal(429, 'over_email_send_rate_limit', 'email rate limit exceeded');
  }
  sent.set(project, [...recent, now]);
}

const linkOf = (project: Project, type: LinkType, token: string, redirectTo: string) =>
  `${project.url}/auth/v1/verify?token=${token}&type=${type}&redirect_to=${encodeURIComponent(redirectTo)}`;

/** Sends the link that confirms a new user's email. */
export function mailConfirmation(project: Project, person: Person, redirectTo: string, pkce: boolean): void {
  requirePause(project, person.confirmation?.sentAt);
  requireQuota(project);
  const token = makeToken(person.email, pkce);
  person.confirmation = { token, sentAt: new Date() };
  project.mails.push({
    to: person.email,
    link: linkOf(project, 'signup', token, redirectTo),
    code: null,
  });
}

/** Sends a recovery or magic link. The two share one rate limit. */
export function mailSignIn(
  project: Project,
  person: Person,
  type: 'recovery' | 'magiclink',
  redirectTo: string,
  pkce: boolean,
): void {
  requirePause(project, person.recovery?.sentAt);
  requireQuota(project);
  const token = makeToken(person.email, pkce);
  person.recovery = { token, sentAt: new Date() };
  project.mails.push({ to: person.email, link: linkOf(project, type, token, redirectTo), code: null });
}

/** Sends a link to the new email, and one to the current email when both must confirm. */
export function mailEmailChange(
  project: Project,
  person: Person,
  newEmail: string,
  redirectTo: string,
  pkce: boolean,
): void {
  requirePause(project, person.emailChange?.sentAt);
  requireQuota(project);
  const toNew = makeToken(newEmail, pkce);
  const toCurrent = project.settings.secureEmailChange ? makeToken(person.email, pkce) : '';
  person.newEmail = newEmail;
  person.emailChange = { toNew, toCurrent, sentAt: new Date(), confirmed: 0 };
  project.mails.push({
    to: newEmail,
    link: linkOf(project, 'email_change', toNew, redirectTo),
    code: null,
  });
  if (toCurrent === '') return;
  project.mails.push({
    to: person.email,
    link: linkOf(project, 'email_change', toCurrent, redirectTo),
    code: null,
  });
}

/** Sends the code that reauthenticates a user. */
export function mailNonce(project: Project, person: Person): void {
  requirePause(project, person.nonce?.sentAt);
  requireQuota(project);
  const code = String(randomInt(0, 1_000_000)).padStart(6, '0');
  person.nonce = { token: hashOf(person.email, code), sentAt: new Date() };
  project.mails.push({ to: person.email, link: null, code });
}

/** Whether a code is the one that was sent last. */
export const isNonce = (person: Person, code: string): boolean =>
  person.nonce !== null && matches(person.nonce, hashOf(person.email, code));

const matches = (mailed: Mailed, token: string) => mailed.token === token && isGood(mailed.sentAt);
