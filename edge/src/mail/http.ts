/**
 * Mail by an HTTP API in the shape of Resend's `POST /emails`, which other services and self-hosted gateways offer too:
 * https://resend.com/docs/api-reference/emails/send-email
 */
import { z } from 'zod';
import { withoutSecrets } from '../journal.ts';
import { type Mail, type Mailer, MailRefused, type Sender } from './mail.ts';

/** How long the service may take to answer, in milliseconds. */
const ANSWER_WITHIN_MS = 15_000;

/** How much of an error's body is read, in bytes, and of its message told. */
const MAX_ERROR_BYTES = 4096;
const MAX_MESSAGE = 200;

/** Statuses after which the same message may be taken later, besides all of 500 and up. */
const LATER: readonly number[] = [408, 409, 425, 429];

const ErrorAnswer = z.object({ message: z.string() });

/** A mailer that posts to `url` with `key` as the bearer token. */
export function httpMailer({
  url,
  key,
  from,
  answerWithinMs = ANSWER_WITHIN_MS,
}: {
  url: string;
  key: string;
  from: Sender;
  answerWithinMs?: number;
}): Mailer {
  return {
    async send(mail, id) {
      const response = await post(url, requestOf(mail, id, key, from), answerWithinMs);
      if (response.ok) {
        await response.body?.cancel();
        return;
      }
      const later = response.status >= 500 || LATER.includes(response.status);
      const said = await messageOf(response, [key, mail.to]);
      throw new MailRefused(`The mail API answered ${response.status}${said === '' ? '' : `: ${said}`}`, {
        later,
        retryAfterSeconds: later ? retryAfter(response.headers.get('Retry-After'), Date.now()) : null,
      });
    },
  };
}

const requestOf = (mail: Mail, id: string, key: string, from: Sender): RequestInit => ({
  method: 'POST',
  headers: {
    Authorization: `Bearer ${key}`,
    'Content-Type': 'application/json',
    'Idempotency-Key': id,
    'User-Agent': 'AppFlux',
  },
  body: JSON.stringify({
    from: from.name === null ? from.email : `${from.name} <${from.email}>`,
    to: [mail.to],
    subject: mail.subject,
    text: mail.text,
    html: mail.html,
  }),
  // The key is for this address and no other.
  redirect: 'manual',
});

async function post(url: string, init: RequestInit, withinMs: number): Promise<Response> {
  try {
    return await fetch(url, { ...init, signal: AbortSignal.timeout(withinMs) });
  } catch (cause) {
    const slow = cause instanceof Error && cause.name === 'TimeoutError';
    throw new MailRefused(
      slow
        ? `The mail API did not answer within ${withinMs / 1000} seconds`
        : 'The mail API could not be reached',
      { later: true, cause },
    );
  }
}

/** What a refusal says, in a line, without secrets: services tend to quote what they were sent. */
async function messageOf(response: Response, secrets: readonly string[]): Promise<string> {
  const text = await beginningOf(response).catch(() => '');
  let message = text;
  try {
    message = ErrorAnswer.parse(JSON.parse(text)).message;
  } catch {
    // Not the shape of the API: a proxy's page, say. Its beginning is quoted.
  }
  const plain = secrets.reduce((masked, secret) => masked.replaceAll(secret, '***'), withoutSecrets(message));
  const line = plain.replace(/[\p{Cc}\s]+/gu, ' ').trim();
  return line.length > MAX_MESSAGE ? `${line.slice(0, MAX_MESSAGE)}…` : line;
}

/** The beginning of a body; what comes after it is not read. */
async function beginningOf(response: Response): Promise<string> {
  const reader = response.body?.getReader();
  const chunks: Uint8Array[] = [];
  let size = 0;
  while (reader !== undefined && size < MAX_ERROR_BYTES) {
    const { value, done } = await reader.read();
    if (done) break;
    chunks.push(value);
    size += value.length;
  }
  await reader?.cancel();
  return new TextDecoder().decode(Buffer.concat(chunks).subarray(0, MAX_ERROR_BYTES));
}

/** Seconds until `Retry-After` (RFC 9110 §10.2.3), as of `now`; null when it says nothing that makes sense. */
export function retryAfter(header: string | null, now: number): number | null {
  if (header === null) return null;
  // Discord's has fractions.
  if (/^\d{1,9}(?:\.\d{1,9})?$/.test(header.trim())) return Math.ceil(Number(header));
  const at = Date.parse(header);
  return Number.isNaN(at) ? null : Math.max(0, Math.ceil((at - now) / 1000));
}
