/** Links that wait for their person, over HTTP: who reads them, how long they stay, and how mail takes them. */
import { runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Env } from '../env.ts';
import type { Session } from '../identity/issuer.ts';
import {
  ask,
  items,
  outboxObject,
  read,
  setUp,
  stored,
  tokenOf,
  untilThere,
  verify,
} from '../testing/outbox.ts';
import { founder, memberOf, type SignedIn, somebody } from '../testing/people.ts';
import { forgetAll, request, signIn } from '../testing/worker.ts';
import { outboxOf } from './index.ts';
import { MOST_ITEMS, type NewItem } from './object.ts';

const HOUR = 3_600_000;
const OPERATOR = env.OPERATOR_SECRET;

let owner: Session;
let ada: SignedIn;
beforeEach(async () => {
  await forgetAll();
  vi.spyOn(console, 'log').mockImplementation(() => undefined);
  owner = await signIn();
  ada = await founder({ email: 'ada@example.com' });
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

test('a link that was asked for waits for the operator, and is gone when it was used', async () => {
  await ask('/recover', 'Ada@Example.com');
  const [item] = await untilThere(1);
  if (item === undefined) throw new Error('nothing waits');
  expect(item).toMatchObject({ kind: 'recovery', to: 'ada@example.com', failure: null, nextTryAt: null });
  expect(item.url).toMatch(/^http:\/\/localhost:8787\/reset-password#token_hash=afp_[\w-]{43}$/);
  expect(Date.parse(item.expiresAt) - Date.now()).toBeGreaterThan(HOUR / 2);
  expect((await verify('recovery', tokenOf(item))).status).toBe(200);
  expect(await items()).toEqual([]);
});

test('a link that waits follows the instance to another URL', async () => {
  await ask('/recover', 'ada@example.com');
  const [item] = await untilThere(1);
  await setUp({ PUBLIC_URL: 'https://moved.example.com' });
  const [moved] = await items();
  expect(moved?.url).toBe(item?.url.replace('http://localhost:8787', 'https://moved.example.com'));
});

test('nothing that signs in, and nobody’s email, is stored in the clear', async () => {
  await ask('/otp', 'ada@example.com');
  const [item] = await untilThere(1);
  const text = JSON.stringify(await stored());
  expect(text).toContain('v1.');
  expect(text).not.toContain('ada@');
  expect(text).not.toContain('token_hash');
  expect(text).not.toContain(item && tokenOf(item));
});

test('an email that nobody has is answered the same, and leaves nothing', async () => {
  await ask('/recover', 'nobody@example.com');
  await ask('/otp', 'ada@example.com');
  expect((await untilThere(1))[0]).toMatchObject({ kind: 'sign_in', to: 'ada@example.com' });
});

test('the newest link of a kind is there for each person', async () => {
  await founder({ email: 'bob@example.com' });
  for (let n = 0; n < 3; n += 1) await ask('/recover', 'ada@example.com');
  await ask('/otp', 'ada@example.com');
  await ask('/recover', 'bob@example.com');
  const list = await untilThere(3);
  expect(list.map(({ kind, to }) => `${kind} ${to}`).sort()).toEqual([
    'recovery ada@example.com',
    'recovery bob@example.com',
    'sign_in ada@example.com',
  ]);
});

test('a link that the operator makes replaces the one that waits', async () => {
  await ask('/recover', 'ada@example.com');
  await untilThere(1);
  await request('/api/ops/recovery-links', {
    method: 'POST',
    token: OPERATOR,
    json: { email: 'ada@example.com' },
  });
  expect(await items()).toEqual([]);
});

describe('read', () => {
  test('by the operator and the owner of the instance in person, and by nobody else', async () => {
    const instance = owner.user.id;
    const people = [ada, await somebody()];
    for (const role of ['owner', 'admin', 'developer', 'viewer'] as const)
      people.push(await memberOf(instance, role));
    for (const { token } of people) expect((await read(token)).status).toBe(403);
    const made = await request('/api/tokens', {
      method: 'POST',
      token: owner.access_token,
      json: { name: 'all', scopes: ['admin'] },
    });
    const { token: program } = await made.json<{ token: string }>();
    for (const token of [program, 'afx_unknown', 'wrong']) expect((await read(token)).status).toBe(401);
    expect((await request('/api/ops/outbox')).status).toBe(401);
    expect((await read(owner.access_token)).status).toBe(200);
    expect((await read()).status).toBe(200);
  });

  test('by somebody else than its person is in the audit log of their teams, once', async () => {
    await ask('/recover', 'ada@example.com');
    await vi.waitFor(async () => expect(await stored()).toHaveLength(1));
    for (let n = 0; n < 3; n += 1) expect((await read(owner.access_token)).status).toBe(200);
    const log = await request('/api/audit', { token: ada.token });
    const { items: lines } = await log.json<{ items: { action: string; actor: object; target: object }[] }>();
    expect(lines.filter(({ action }) => action === 'link.read')).toMatchObject([
      { actor: { kind: 'user', name: 'owner@localhost' }, target: { name: 'ada@example.com' } },
    ]);
  });

  test('shows on the page of those who may', async () => {
    const mayRead = async (token: string) =>
      (await (await request('/api/me', { token })).json<{ permissions: string[] }>()).permissions.includes(
        'outbox:read',
      );
    expect(await mayRead(owner.access_token)).toBe(true);
    expect(await mayRead(OPERATOR)).toBe(true);
    expect(await mayRead(ada.token)).toBe(false);
    expect(await mayRead((await memberOf(owner.user.id, 'owner')).token)).toBe(false);
  });
});

describe('kept', () => {
  const item = (members: Partial<NewItem> = {}): NewItem => ({
    id: crypto.randomUUID(),
    kind: 'recovery',
    ownerId: crypto.randomUUID(),
    expiresAt: Date.now() + HOUR,
    sealed: 'v1.00000000.AAAAAAAAAAAAAAAA.AAAAAAAAAAAAAAAAAAAAAA',
    ...members,
  });

  test('until its time is over', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() });
    await ask('/recover', 'ada@example.com');
    await untilThere(1);
    vi.setSystemTime(Date.now() + HOUR);
    expect(await items()).toEqual([]);
    expect(await runDurableObjectAlarm(outboxObject())).toBe(true);
    expect(await stored()).toEqual([]);
  });

  test('in a bounded number, the oldest going first', async () => {
    const outbox = outboxOf(env);
    await runInDurableObject(outboxObject(), (instance) => {
      for (let n = 0; n < MOST_ITEMS + 20; n += 1) instance.add(item({ id: `id-${n}` }));
    });
    await outbox.add(item({ id: 'newest' }));
    const rows = await stored();
    expect(rows).toHaveLength(MOST_ITEMS);
    expect(rows.map(({ id }) => id)).toContain('newest');
  });

  test('no longer than its account', async () => {
    const guest = await memberOf(ada.user.id, 'viewer');
    await ask('/otp', guest.user.email);
    await untilThere(1);
    expect((await request('/auth/v1/user', { method: 'DELETE', token: guest.token, json: {} })).status).toBe(
      204,
    );
    expect(await items()).toEqual([]);
  });

  test('sealed with the key of today after a rotation', async () => {
    await ask('/recover', 'ada@example.com');
    const [before] = await untilThere(1);
    const rotated: Partial<Env> = {
      SEALING_KEY: btoa('x'.repeat(32)),
      SEALING_KEY_PREVIOUS: env.SEALING_KEY,
    };
    await setUp(rotated);
    const answer = await request('/api/ops/reseal', { method: 'POST', token: OPERATOR, json: {} });
    expect((await answer.json<{ resealed: number }>()).resealed).toBeGreaterThan(0);
    await setUp({ SEALING_KEY: rotated.SEALING_KEY ?? '' });
    expect(await items()).toEqual([before]);
  });

  test('only as long as it can be opened: another key shows the rest', async () => {
    await ask('/recover', 'ada@example.com');
    await untilThere(1);
    await setUp({ SEALING_KEY: btoa('y'.repeat(32)) });
    vi.spyOn(console, 'error').mockImplementation(() => undefined);
    expect(await items()).toEqual([]);
    vi.restoreAllMocks();
    expect(await stored()).toEqual([]);
  });
});
