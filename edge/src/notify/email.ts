/** A notification as an email: plain text and simple HTML say the same. */
import { printable } from '@appflux/protocol';
import { escapeHtml, type Mail } from '../mail/mail.ts';
import type { Summary } from './summary.ts';

/** The longest subject, in UTF-16 units. */
const MAX_SUBJECT = 150;

/** The message that shows a summary. */
export function notificationMail(
  to: string,
  { title, facts, error, link, result }: Summary,
  publicUrl: string,
): Mail {
  const lines = facts.map(({ name, value }) => `${name}: ${value}`);
  const errorText = error && [error.place, error.message].filter((part) => part !== null).join('\n');
  const why = `You receive this because a notification of a team on AppFlux at ${publicUrl} has this email.`;
  const text = [
    title,
    ...(errorText === null ? [] : [errorText]),
    ...(lines.length === 0 ? [] : [lines.join('\n')]),
    `Log: ${link}`,
    ...(result === null ? [] : [`Open: ${result}`]),
    why,
  ].join('\n\n');
  const html = [
    '<!doctype html><html lang="en"><body style="font-family:sans-serif;line-height:1.5">',
    `<p><strong>${escapeHtml(title)}</strong></p>`,
    ...(errorText === null ? [] : [`<pre style="white-space:pre-wrap">${escapeHtml(errorText)}</pre>`]),
    ...(lines.length === 0 ? [] : [`<p>${lines.map(escapeHtml).join('<br>\n')}</p>`]),
    `<p><a href="${escapeHtml(link)}">View log</a>${result === null ? '' : ` · <a href="${escapeHtml(result)}">Open</a>`}</p>`,
    `<p><small>${escapeHtml(why)}</small></p>`,
    '</body></html>',
  ].join('\n');
  // A subject is one line: a header could follow otherwise.
  return { to, subject: printable(title, MAX_SUBJECT), text: `${text}\n`, html };
}
