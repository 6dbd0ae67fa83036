/** How this instance sends mail, read from its bindings and variables. */
import type { Env } from '../env.ts';
import { isDeliverable, type Sender } from './mail.ts';

export type MailSettings =
  /** No mail is sent: links go to the operator. */
  | { kind: 'none' }
  /** Mail is meant to be sent, but cannot be. `problem` says what to do about it. */
  | { kind: 'incomplete'; problem: string }
  | { kind: 'cloudflare'; binding: SendEmail; from: Sender }
  | { kind: 'http'; url: string; key: string; from: Sender }
  | { kind: 'smtp'; binding: Fetcher; from: Sender };

type MailEnv = Pick<Env, 'EMAIL' | 'MAIL_API_URL' | 'MAIL_API_KEY' | 'MAIL_FROM' | 'SMTP'>;

/**
 * How mail is sent: by Cloudflare's binding EMAIL where it is bound, else by the HTTP API of MAIL_API_URL, else by the SMTP
 * server behind the binding SMTP.
 */
export function mailSettings(env: MailEnv): MailSettings {
  const { EMAIL, MAIL_API_URL, MAIL_API_KEY, MAIL_FROM, SMTP } = env;
  if (EMAIL === undefined && !MAIL_API_URL && SMTP === undefined) return { kind: 'none' };
  const from = senderOf(MAIL_FROM ?? '');
  if (from === null) {
    return {
      kind: 'incomplete',
      problem: 'MAIL_FROM is not an address. Set it to one that your mail service may send from.',
    };
  }
  if (EMAIL !== undefined) return { kind: 'cloudflare', binding: EMAIL, from };
  if (!MAIL_API_URL && SMTP !== undefined) return { kind: 'smtp', binding: SMTP, from };
  if (!/^https?:\/\/[^/]/.test(MAIL_API_URL ?? '') || URL.parse(MAIL_API_URL ?? '') === null) {
    return {
      kind: 'incomplete',
      problem: 'MAIL_API_URL is not a URL. Set it to the API of your mail service.',
    };
  }
  if (!MAIL_API_KEY) {
    return { kind: 'incomplete', problem: 'MAIL_API_KEY is missing. Set it to a key of your mail service.' };
  }
  return { kind: 'http', url: MAIL_API_URL ?? '', key: MAIL_API_KEY, from };
}

/** Whether this instance sends mail. */
export function sendsMail(env: MailEnv): boolean {
  const { kind } = mailSettings(env);
  return kind !== 'none' && kind !== 'incomplete';
}

/** `ada@example.com` or `AppFlux <ada@example.com>`; null for anything else. */
export function senderOf(text: string): Sender | null {
  // A name with one of these would need quoting (RFC 5322 §3.2.3).
  const named = /^([^<>"(),:;@[\]\\\p{Cc}]{1,100}?)\s*<([^<>]+)>$/u.exec(text.trim());
  const email = named?.[2] ?? text.trim();
  return isDeliverable(email) ? { email, name: named?.[1]?.trim() || null } : null;
}
