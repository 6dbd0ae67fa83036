/** How mail takes links to their person: against a mail service on loopback (vitest.mail.ts). */
import { runDurableObjectAlarm } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterEach, beforeEach, describe, expect, inject, test, vi } from 'vitest';
import type { MailAnswer, ReceivedMail } from '../../vitest.mail.ts';
import type { Env } from '../env.ts';
import { metadataOf } from '../metadata/index.ts';
import { ask, items, outboxObject, setUp, stored, tokenOf, untilThere, verify } from '../testing/outbox.ts';
import { founder, type SignedIn } from '../testing/people.ts';
import { forgetAll, request, requestWith, signIn } from '../testing/worker.ts';

const metadata = metadataOf(env);
let ada: SignedIn;
beforeEach(async () => {
  await forgetAll();
  for (const method of ['log', 'error'] as const)
    vi.spyOn(console, method).mockImplementation(() => undefined);
  // The first who is there owns the instance.
  await signIn();
  ada = await founder({ email: 'ada@example.com' });
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

let inbox: string;
let mail: Partial<Env>;
beforeEach(async () => {
  inbox = `${inject('mail')}/${crypto.randomUUID()}`;
  mail = { MAIL_API_URL: `${inbox}/emails`, MAIL_API_KEY: 'key', MAIL_FROM: 'AppFlux <a@example.com>' };
  await setUp(mail);
});
const answers = (...list: MailAnswer[]) => fetch(inbox, { method: 'PUT', body: JSON.stringify(list) });
const received = async () =>
  (await fetch(inbox)).json<(ReceivedMail & { body: { to: string[]; text: string; subject: string } })[]>();
const untilReceived = (count: number) =>
  vi.waitFor(async () => {
    const list = await received();
    expect(list).toHaveLength(count);
    return list;
  }, 10_000);

test('a link goes to its person, works, and is nowhere else', async () => {
  await ask('/recover', 'ada@example.com');
  const [message] = await untilReceived(1);
  expect(message?.body.to).toEqual(['ada@example.com']);
  const [, token] = /#token_hash=(afp_[\w-]{43})/.exec(message?.body.text ?? '') ?? [];
  await vi.waitFor(async () => expect(await items()).toEqual([]));
  expect((await verify('recovery', token)).status).toBe(200);
});

test('a service that is down for a while is asked again, with the same key', async () => {
  await answers({ status: 500 }, { status: 429, headers: { 'Retry-After': '60' } }, { status: 200 });
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() });
  await ask('/recover', 'ada@example.com');
  await untilReceived(1);
  const waiting = () =>
    vi.waitFor(async () => {
      const [item] = await items();
      expect(item?.failure).toMatch(/answered (500|429)/);
      return item;
    });
  expect(await waiting()).toMatchObject({ failure: 'The mail API answered 500' });
  vi.setSystemTime(Date.now() + 6000);
  await runDurableObjectAlarm(outboxObject());
  await untilReceived(2);
  const item = await vi.waitFor(async () => {
    const [found] = await items();
    expect(found?.failure).toBe('The mail API answered 429');
    return found;
  });
  expect(Date.parse(item?.nextTryAt ?? '') - Date.now()).toBeGreaterThanOrEqual(59_000);
  vi.setSystemTime(Date.now() + 61_000);
  await runDurableObjectAlarm(outboxObject());
  const all = await untilReceived(3);
  await vi.waitFor(async () => expect(await items()).toEqual([]));
  expect(new Set(all.map(({ headers }) => headers['idempotency-key'])).size).toBe(1);
});

test('a permanent refusal of the service is left to the operator, with the reason', async () => {
  await answers({ status: 422, body: '{"message":"Domain is not verified"}' });
  await ask('/recover', 'ada@example.com');
  const item = await vi.waitFor(async () => {
    const [found] = await items();
    expect(found?.failure).toEqual(expect.any(String));
    return found;
  });
  expect(item).toMatchObject({
    to: 'ada@example.com',
    failure: 'The mail API answered 422: Domain is not verified',
    nextTryAt: null,
  });
  expect(item && (await verify('recovery', tokenOf(item))).status).toBe(200);
});

test('an email that no mail can reach is left to the operator', async () => {
  await ask('/otp', 'owner@localhost');
  const item = await vi.waitFor(async () => {
    const [found] = await items();
    expect(found?.failure).toEqual(expect.any(String));
    return found;
  });
  expect(item).toMatchObject({ failure: 'No mail can be sent to this address', nextTryAt: null });
  expect(await received()).toEqual([]);
});

test('a service that hangs keeps nobody’s link from the operator', async () => {
  await answers('hang', { status: 200 });
  await founder({ email: 'bob@example.com' });
  await ask('/recover', 'ada@example.com');
  await untilReceived(1);
  await ask('/recover', 'bob@example.com');
  expect((await untilThere(2)).map(({ to }) => to)).toContain('bob@example.com');
});

describe('an invitation', () => {
  const invite = (json: object, variables: Partial<Env> = mail) =>
    requestWith(variables, '/api/invitations', {
      method: 'POST',
      token: ada.token,
      json: { role: 'viewer', ...json },
    });

  test('is sent where it is asked for, and shown as well', async () => {
    const answer = await invite({ email: 'bob@example.com' });
    expect(answer.status).toBe(201);
    const { url, sentTo, note } = await answer.json<{ url: string; sentTo: string; note: string }>();
    expect({ sentTo, note }).toEqual({ sentTo: 'bob@example.com', note: 'bob@example.com' });
    const [message] = await untilReceived(1);
    expect(message?.body).toMatchObject({
      to: ['bob@example.com'],
      subject: 'You are invited to a team on AppFlux',
    });
    expect(message?.body.text).toContain(url);
    expect(message?.body.text).toContain('ada@example.com invites you');
    expect(message?.body.text).toContain('as viewer');
  });

  test('is only shown when no address is named', async () => {
    const answer = await invite({ note: 'Bob' });
    expect(await answer.json()).toMatchObject({ note: 'Bob', sentTo: null });
    expect(await items()).toEqual([]);
  });

  test('is not made for an address that no mail can reach, nor on an instance that sends none', async () => {
    expect((await invite({ email: 'bob@localhost' })).status).toBe(400);
    expect((await invite({ email: 'bob@example.com\r\nBcc: eve@example.com' })).status).toBe(400);
    const none = await invite({ email: 'bob@example.com' }, {});
    expect(none.status).toBe(422);
    expect(JSON.stringify(await none.json())).toContain('does not send email');
    expect((await metadata.tokens.list(ada.user.id, 'invitation', { limit: 10 })).items).toEqual([]);
  });

  test('that is revoked is not sent any more', async () => {
    await answers({ status: 500 }, { status: 200 });
    const { id } = await (await invite({ email: 'bob@example.com' })).json<{ id: string }>();
    await vi.waitFor(async () => expect((await items())[0]?.failure).toEqual(expect.any(String)));
    expect((await request(`/api/invitations/${id}`, { method: 'DELETE', token: ada.token })).status).toBe(
      204,
    );
    expect(await stored()).toEqual([]);
    await runDurableObjectAlarm(outboxObject());
    expect(await received()).toHaveLength(1);
  });

  test('is one of so many that a team may send', async () => {
    for (let n = 0; n < 20; n += 1) expect((await invite({ email: `p${n}@example.com` })).status).toBe(201);
    const refused = await invite({ email: 'one-more@example.com' });
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get('Retry-After'))).toBeGreaterThan(0);
    expect((await invite({})).status).toBe(201);
  });
});

test('an instance says whether it sends mail', async () => {
  const mailOf = async (variables: Partial<Env>) =>
    (await (await requestWith(variables, '/api/config')).json<{ mail: boolean }>()).mail;
  expect(await mailOf({})).toBe(false);
  expect(await mailOf({ MAIL_API_URL: 'https://mail.example/emails' })).toBe(false);
  const http = { MAIL_API_URL: 'https://mail.example/emails', MAIL_API_KEY: 'k', MAIL_FROM: 'a@example.com' };
  expect(await mailOf(http)).toBe(true);
  expect(await mailOf({ EMAIL: env.TEST_EMAIL, MAIL_FROM: 'a@example.com' })).toBe(true);
});
