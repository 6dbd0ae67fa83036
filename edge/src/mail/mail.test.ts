/** Mailers against real parts: a mail service on loopback (vitest.mail.ts), and workerd's own `send_email` binding. */
import { env } from 'cloudflare:workers';
import { beforeEach, describe, expect, inject, test } from 'vitest';
import type { MailAnswer, ReceivedMail } from '../../vitest.mail.ts';
import { cloudflareMailer } from './cloudflare.ts';
import { httpMailer, retryAfter } from './http.ts';
import { mailerOf } from './index.ts';
import { isDeliverable, type Mail, MailRefused } from './mail.ts';
import { mailSettings, senderOf, sendsMail } from './settings.ts';
import { smtpMailer } from './smtp.ts';

declare global {
  namespace Cloudflare {
    interface Env {
      TEST_EMAIL: SendEmail;
      TEST_EMAIL_RESTRICTED: SendEmail;
    }
  }
}

const KEY = 're_key-of-the-tests';
const FROM = { email: 'appflux@example.com', name: 'AppFlux' };
const MAIL: Mail = {
  to: 'ada@example.com',
  subject: 'Hello',
  text: 'Hello at http://localhost/#token_hash=afs_secret-of-the-mail',
  html: '<p>Hello</p>',
};

let inbox: string;
beforeEach(() => {
  inbox = `${inject('mail')}/${crypto.randomUUID()}`;
});

const answers = (...list: MailAnswer[]) => fetch(inbox, { method: 'PUT', body: JSON.stringify(list) });
const received = async () => (await fetch(inbox)).json<ReceivedMail[]>();
const mailer = (answerWithinMs = 15_000) =>
  httpMailer({ url: `${inbox}/emails`, key: KEY, from: FROM, answerWithinMs });

/** Why a mail was not taken. */
async function refusal(sending: Promise<void>): Promise<MailRefused> {
  const error = await sending.then(
    () => null,
    (caught: unknown) => caught,
  );
  if (!(error instanceof MailRefused)) throw new Error(`not refused: ${error}`);
  return error;
}

test('a mail goes to the service in its shape, with a key that makes it arrive once', async () => {
  await mailer().send(MAIL, 'id-of-the-mail');
  expect(await received()).toEqual([
    {
      headers: expect.objectContaining({
        authorization: `Bearer ${KEY}`,
        'content-type': 'application/json',
        'idempotency-key': 'id-of-the-mail',
        'user-agent': 'AppFlux',
      }),
      body: {
        from: 'AppFlux <appflux@example.com>',
        to: ['ada@example.com'],
        subject: 'Hello',
        text: MAIL.text,
        html: MAIL.html,
      },
    },
  ]);
});

describe('a service that answers', () => {
  test.each([
    [
      401,
      '{"message":"API key is invalid","name":"validation_error"}',
      'The mail API answered 401: API key is invalid',
    ],
    [422, '{"message":"Invalid `to` field"}', 'The mail API answered 422: Invalid `to` field'],
    [403, '<html>\r\n<b>no</b></html>', 'The mail API answered 403: <html> <b>no</b></html>'],
    [404, '', 'The mail API answered 404'],
  ])('%i is not asked again', async (status, body, message) => {
    await answers({ status, body });
    expect(await refusal(mailer().send(MAIL, 'a'))).toMatchObject({
      message,
      later: false,
      retryAfterSeconds: null,
    });
  });

  test.each([
    [429, { 'Retry-After': '120' }, 120],
    [429, {}, null],
    [429, { 'Retry-After': 'soon' }, null],
    [500, {}, null],
    [503, { 'Retry-After': '7' }, 7],
    [409, {}, null],
  ])('%i %o may be asked later', async (status, headers, retryAfterSeconds) => {
    await answers({ status, headers, body: '{}' });
    expect(await refusal(mailer().send(MAIL, 'a'))).toMatchObject({ later: true, retryAfterSeconds });
  });

  test('with a redirect is refused, and the key goes nowhere else', async () => {
    const other = `${inject('mail')}/${crypto.randomUUID()}`;
    await answers({ status: 307, headers: { Location: `${other}/emails` } });
    expect(await refusal(mailer().send(MAIL, 'a'))).toMatchObject({ later: false });
    expect(await (await fetch(other)).json()).toEqual([]);
  });

  test('with what it was sent tells no secret on', async () => {
    const echo = `key ${KEY}, to ada@example.com: ${MAIL.text}`;
    await answers({ status: 422, body: JSON.stringify({ message: echo }) });
    const { message } = await refusal(mailer().send(MAIL, 'a'));
    expect(message).toContain('key ***, to ***');
    expect(message).not.toContain('secret-of-the-mail');
  });

  test('with a body without end is read a little way', async () => {
    await answers({ status: 500, body: 'x'.repeat(3_000_000) });
    const { message } = await refusal(mailer().send(MAIL, 'a'));
    expect(message.length).toBeLessThan(300);
  });
});

test('a service that never answers is given up, and may be asked later', async () => {
  await answers('hang');
  const refused = await refusal(mailer(200).send(MAIL, 'a'));
  expect(refused).toMatchObject({ later: true, message: 'The mail API did not answer within 0.2 seconds' });
});

test('a service that is not there may be asked later', async () => {
  const nowhere = httpMailer({ url: 'http://127.0.0.1:1/emails', key: KEY, from: FROM });
  expect(await refusal(nowhere.send(MAIL, 'a'))).toMatchObject({
    later: true,
    message: 'The mail API could not be reached',
  });
});

test('Retry-After is read as seconds or as a date', () => {
  const now = Date.parse('2026-11-29T12:00:00Z');
  expect(retryAfter('Sun, 29 Nov 2026 12:01:00 GMT', now)).toBe(60);
  expect(retryAfter('Sun, 29 Nov 2026 11:00:00 GMT', now)).toBe(0);
  expect(retryAfter('64.57', now)).toBe(65);
  expect(['-5', '1e9', '99999999999', ''].map((text) => retryAfter(text, now))).not.toContain(Number.NaN);
});

describe('Cloudflare’s binding', () => {
  test('takes a mail', async () => {
    await cloudflareMailer(env.TEST_EMAIL, FROM).send(MAIL, 'a');
    await cloudflareMailer(env.TEST_EMAIL, { email: FROM.email, name: null }).send(MAIL, 'b');
  });

  test('refuses a sender that it may not have', async () => {
    const refused = await refusal(cloudflareMailer(env.TEST_EMAIL_RESTRICTED, FROM).send(MAIL, 'a'));
    expect(refused.message).toContain('email from appflux@example.com not allowed');
  });

  test.each([
    ['E_RATE_LIMIT_EXCEEDED', true],
    ['E_SENDER_NOT_VERIFIED', false],
    [undefined, true],
  ])('that fails with %s may be asked later: %s', async (code, later) => {
    const failing = {
      send: () => Promise.reject(Object.assign(new Error('no'), { code })),
    } as unknown as SendEmail;
    expect(await refusal(cloudflareMailer(failing, FROM).send(MAIL, 'a'))).toMatchObject({ later });
  });
});

test.each([
  ['ada@example.com', true],
  ["o'neil+x@mail.example.co.uk", true],
  ['owner@localhost', false],
  ['a,b@example.com', false],
  ['<ada@example.com', false],
  ['ada"@example.com', false],
  ['ada@example.com\r\nBcc: eve@example.com', false],
  ['ada@-example.com', false],
  ['ada@exämple.com', false],
  [`${'a'.repeat(65)}@example.com`, false],
  [`a@${'b.'.repeat(130)}com`, false],
])('mail can be sent to %s: %s', (email, expected) => expect(isDeliverable(email)).toBe(expected));

test.each([
  ['ada@example.com', { email: 'ada@example.com', name: null }],
  [' AppFlux  <ada@example.com> ', { email: 'ada@example.com', name: 'AppFlux' }],
  ['Ihre Apps bei Müller <ada@example.com>', { email: 'ada@example.com', name: 'Ihre Apps bei Müller' }],
  ['', null],
  ['AppFlux', null],
  ['AppFlux <ada@localhost>', null],
  ['"App" <ada@example.com>', null],
  ['Acme, Inc <ada@example.com>', null],
  ['App\nBcc: x <ada@example.com>', null],
])('a sender written as %j', (text, expected) => expect(senderOf(text)).toEqual(expected));

describe('an SMTP server behind its binding', () => {
  const answering = (answer: Response) => {
    const asked: unknown[] = [];
    const fetch = async (_: RequestInfo | URL, init?: RequestInit) => {
      asked.push(JSON.parse(String(init?.body)));
      return answer;
    };
    return { asked, SMTP: { fetch } as unknown as Fetcher };
  };

  test('is given the message and its sender', async () => {
    const { asked, SMTP } = answering(new Response(null, { status: 204 }));
    const { email: MAIL_FROM } = FROM;
    expect(sendsMail({ SMTP, MAIL_FROM })).toBe(true);
    await mailerOf({ ...env, SMTP, MAIL_FROM })?.send(MAIL, 'a');
    expect(asked).toEqual([{ ...MAIL, from: { email: MAIL_FROM, name: null }, id: 'a' }]);
    expect(mailSettings({ SMTP }).kind).toBe('incomplete');
  });

  test.each([true, false])('says whether the message may be taken later: %s', async (later) => {
    const { SMTP } = answering(
      Response.json({ message: 'The SMTP server answered 550', later }, { status: 502 }),
    );
    expect(await refusal(smtpMailer(SMTP, FROM).send(MAIL, 'a'))).toMatchObject({
      message: 'The SMTP server answered 550',
      later,
    });
  });

  test('that fails otherwise may be asked later', async () => {
    const { SMTP } = answering(new Response('broken', { status: 500 }));
    expect(await refusal(smtpMailer(SMTP, FROM).send(MAIL, 'a'))).toMatchObject({ later: true });
  });
});

describe('the settings', () => {
  const http = { MAIL_API_URL: 'https://mail.example/emails', MAIL_API_KEY: KEY, MAIL_FROM: 'a@example.com' };

  test('send no mail unless something is set', async () => {
    expect(mailSettings({})).toEqual({ kind: 'none' });
    expect(mailSettings({ MAIL_FROM: 'a@example.com' })).toEqual({ kind: 'none' });
    expect(mailerOf(env)).toBeNull();
    expect(sendsMail(env)).toBe(false);
  });

  test('prefer the binding', () => {
    expect(mailSettings({ ...http, EMAIL: env.TEST_EMAIL }).kind).toBe('cloudflare');
    expect(mailSettings(http).kind).toBe('http');
  });

  test.each([
    ['MAIL_FROM', { ...http, MAIL_FROM: '' }],
    ['MAIL_FROM', { EMAIL: {} as SendEmail }],
    ['MAIL_API_URL', { ...http, MAIL_API_URL: 'ftp://mail.example' }],
    ['MAIL_API_KEY', { ...http, MAIL_API_KEY: '' }],
  ])('without %s send none, and say what to do', async (name, half) => {
    expect(sendsMail(half)).toBe(false);
    const refused = await refusal(mailerOf({ ...env, ...half })?.send(MAIL, 'a') ?? Promise.resolve());
    expect(refused).toMatchObject({ later: false, message: expect.stringContaining(name) });
  });
});
