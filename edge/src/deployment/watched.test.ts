/** A runner learns whether anyone follows its log: when that changes, and on each new connection. */
import { evictDurableObject, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { ACCEPTS_HEADER, type Grant, LOGS_SUBPROTOCOL, WATCHED } from '@appflux/protocol';
import { beforeEach, expect, test } from 'vitest';
import { type Connected, connectAttempt, givenRunner, leaseOf } from '../testing/attempt.ts';
import { forgetAll } from '../testing/worker.ts';
import { givenQueued } from './testing/queued.ts';

let id: string;
let ownerId: string;
let runner: { id: string; credential: string };
let grant: Grant;

beforeEach(async () => {
  await forgetAll();
  ({ id, ownerId } = await givenQueued());
  runner = await givenRunner(ownerId);
  grant = await leaseOf(id, runner);
});

const object = () => env.DEPLOYMENTS.getByName(id);

/** A connection of the runner, of the version that sends this header. */
async function connected(accepts: string | null = WATCHED, of = grant, by = runner): Promise<Connected> {
  const attempt = await connectAttempt(
    of,
    by.credential,
    accepts === null ? {} : { [ACCEPTS_HEADER]: accepts },
  );
  await attempt.next('welcome');
  return attempt;
}

async function viewer(): Promise<WebSocket> {
  const { webSocket } = await object().fetch('https://deployment/viewer?after=0&by=someone', {
    headers: { Upgrade: 'websocket', 'Sec-WebSocket-Protocol': LOGS_SUBPROTOCOL },
  });
  if (webSocket === null) throw new Error('no viewer was admitted');
  webSocket.accept();
  return webSocket;
}

/** Waits until so many viewers are connected, as the object sees it. */
const viewers = (count: number) =>
  expect
    .poll(() =>
      runInDurableObject(
        object(),
        (_, ctx) =>
          ctx.getWebSockets('viewer').filter(({ readyState }) => readyState === WebSocket.OPEN).length,
      ),
    )
    .toBe(count);

/** What the runner has received about viewers since the last call. */
async function received({ send, either }: Connected): Promise<unknown[]> {
  // A gap is answered, which shows that all that was sent before has arrived.
  const line = { seq: 1000, at: '2026-11-30T12:00:00.000Z', stream: 'stdout', phase: null, text: '' };
  send({ type: 'lines', lines: [line] });
  const news: unknown[] = [];
  for (;;) {
    const { type, watched } = await either(WATCHED, 'resume');
    if (type === 'resume') return news;
    news.push(watched);
  }
}

test('it learns when the first viewer comes and when the last has left, and of none in between', async () => {
  const attempt = await connected();
  expect(await received(attempt)).toEqual([]);
  const first = await viewer();
  expect(await received(attempt)).toEqual([true]);
  const second = await viewer();
  first.close();
  await viewers(1);
  expect(await received(attempt)).toEqual([]);
  second.close();
  expect(await attempt.next(WATCHED)).toMatchObject({ watched: false });
  await viewer();
  expect(await received(attempt)).toEqual([true]);
});

test('when it connects, it learns whether someone follows already', async () => {
  const one = await viewer();
  expect(await received(await connected())).toEqual([true]);
  expect(await received(await connected())).toEqual([true]);
  one.close();
  await viewers(0);
  expect(await received(await connected())).toEqual([]);
});

test('the runner of the next attempt learns it, too', async () => {
  const first = await connected();
  await viewer();
  expect(await received(first)).toEqual([true]);
  await object().revoke(runner.id);
  const other = await givenRunner(ownerId);
  const next = await leaseOf(id, other);
  expect(next.attempt).toBe(2);
  expect(await received(await connected(WATCHED, next, other))).toEqual([true]);
});

test('an object that has slept knows it', async () => {
  const attempt = await connected();
  const one = await viewer();
  expect(await received(attempt)).toEqual([true]);
  await evictDurableObject(object());
  const two = await viewer();
  one.close();
  await viewers(1);
  expect(await received(attempt)).toEqual([]);
  await evictDurableObject(object());
  two.close();
  expect(await attempt.next(WATCHED)).toMatchObject({ watched: false });
});

test('one viewer leaves while another comes: it ends watched, whichever is first', async () => {
  const attempt = await connected();
  let last = await viewer();
  for (let turn = 0; turn < 5; turn += 1) {
    last.close();
    last = await viewer();
  }
  await viewers(1);
  expect((await received(attempt)).at(-1)).toBe(true);
});

test('a viewer that was closed for what it sent follows no more', async () => {
  const attempt = await connected();
  const flooding = await viewer();
  expect(await received(attempt)).toEqual([true]);
  for (let n = 0; n < 500; n += 1) flooding.send('{"type":"seen","length":1}');
  expect(await attempt.next(WATCHED)).toMatchObject({ watched: false });
});

test.each([
  [null, []],
  ['', []],
  ['unwatched', []],
  ['watched; q=1', []],
  ['lines,watched', [true]],
  ['watched, lines', [true]],
])('a runner that accepts %j receives %j', async (accepts, news) => {
  const attempt = await connected(accepts);
  await viewer();
  expect(await received(attempt)).toEqual(news);
  expect(await received(await connected(accepts))).toEqual(news);
});

test('it costs no write and no alarm', async () => {
  await connected();
  const stored = () =>
    runInDurableObject(object(), async (_, { storage }) => ({
      alarm: await storage.getAlarm(),
      changes: storage.sql.exec('SELECT total_changes() AS changes').one(),
    }));
  const before = await stored();
  const one = await viewer();
  one.close();
  await viewers(0);
  expect(await stored()).toEqual(before);
});
