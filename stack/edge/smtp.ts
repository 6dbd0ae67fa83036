/** The SMTP client of the Worker: sends what its binding SMTP is given (edge/src/mail/smtp.ts). */
import { createTransport } from 'nodemailer';
import { z } from 'zod';
import type { Answer, Call } from './calls.ts';

/** How long the server may take to accept a connection, to greet, and to answer a command, in milliseconds. */
const CONNECT_MS = 10_000;
const ANSWER_MS = 15_000;

/** How much of a server's answer is passed on. */
const MAX_ANSWER = 200;

const LOOPBACK = /^(?:localhost|127\.\d+\.\d+\.\d+|\[?::1\]?)$/;

const Message = z.strictObject({
  id: z.string().regex(/^[\w.-]{1,100}$/),
  from: z.strictObject({ email: z.string(), name: z.string().nullable() }),
  to: z.string(),
  subject: z.string(),
  text: z.string(),
  html: z.string(),
});

/** What of an error of nodemailer says why a message was not taken. */
const SmtpError = z.object({
  code: z.string().optional(),
  responseCode: z.number().optional(),
  response: z.string().optional(),
});

/** Where mail is sent: `smtp://user:password@host:587`, or `smtps:` for TLS from the first byte (port 465). */
function transportOf(url: URL) {
  const secure = url.protocol === 'smtps:';
  const user = decodeURIComponent(url.username);
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  return createTransport({
    host,
    port: url.port === '' ? (secure ? 465 : 587) : Number(url.port),
    secure,
    // Otherwise somebody in between could strip STARTTLS and read the password.
    requireTLS: !secure && user !== '' && !LOOPBACK.test(host),
    ...(user === '' ? {} : { auth: { user, pass: decodeURIComponent(url.password) } }),
    connectionTimeout: CONNECT_MS,
    greetingTimeout: CONNECT_MS,
    socketTimeout: ANSWER_MS,
    // A message is text: nothing in it names a file or a URL to attach.
    disableFileAccess: true,
    disableUrlAccess: true,
  });
}

/**
 * The service behind the binding. It takes a message as JSON and answers 204 when the server has it, else 502 with why, and
 * whether the same message may be taken later.
 */
export function smtpService(url: string): (call: Pick<Call, 'json'>) => Promise<Answer> {
  const server = new URL(url);
  const transport = transportOf(server);
  const secrets = [decodeURIComponent(server.password), decodeURIComponent(server.username)];
  return async (call) => {
    const { id, from, to, subject, text, html } = Message.parse(await call.json());
    try {
      await transport.sendMail({
        // Sent again after an answer that was lost, it is the same message.
        messageId: `<${id}@${from.email.split('@')[1] ?? 'appflux'}>`,
        from: { name: from.name ?? '', address: from.email },
        to: { name: '', address: to },
        subject,
        text,
        html,
      });
      return { status: 204 };
    } catch (error) {
      return { status: 502, json: refusalOf(error, [...secrets, to]) };
    }
  };
}

/** Why the server took no message: without the password, and without whom it was for, which servers quote. */
function refusalOf(error: unknown, secrets: readonly string[]): { message: string; later: boolean } {
  const { code, responseCode, response = '' } = SmtpError.catch({}).parse(error);
  if (responseCode === undefined)
    return { message: `The SMTP server could not be reached (${code ?? 'no answer'})`, later: true };
  const quoted = secrets
    .filter((secret) => secret !== '')
    .reduce((masked, secret) => masked.replaceAll(secret, '***'), response);
  const line = quoted.replace(/[\p{Cc}\s]+/gu, ' ').slice(0, MAX_ANSWER);
  // A wrong password is for the operator to correct, and the message is still wanted then.
  const later = responseCode < 500 || code === 'EAUTH';
  return { message: `The SMTP server answered ${line || responseCode}`, later };
}
