/** Lines that a runner kept on disk and sends after its return: where they go, and whose are refused. */
import { evictDurableObject, runDurableObjectAlarm } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { ErrorBody, type Grant, LEASE_MS, type LogLine, LogOutline, RecoveredSeq } from '@appflux/protocol';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { metadataOf } from '../metadata/index.ts';
import { newObjectId } from '../metadata/object-id.ts';
import { connectAttempt, givenRunner, leaseOf } from '../testing/attempt.ts';
import { memberOf } from '../testing/people.ts';
import { forgetAll, request } from '../testing/worker.ts';
import { MOST_LATE_LENGTH } from './late-output.ts';
import { givenQueued } from './testing/queued.ts';

type Runner = Awaited<ReturnType<typeof givenRunner>>;

let ownerId: string;
let id: string;
let runner: Runner;
let grant: Grant;

beforeEach(async () => {
  await forgetAll();
  ({ id, ownerId } = await givenQueued());
  runner = await givenRunner(ownerId);
  grant = await leaseOf(id, runner);
});
afterEach(() => {
  vi.restoreAllMocks();
});

const object = () => env.DEPLOYMENTS.getByName(id);

/** Lines of the build, numbered `from` to `to`. */
const lines = (from: number, to: number, text = (seq: number) => `line ${seq}`): LogLine[] =>
  Array.from({ length: to - from + 1 }, (_, index) => ({
    seq: from + index,
    at: '2026-11-01T12:00:00.000Z',
    stream: 'stdout' as const,
    phase: 'building' as const,
    text: text(from + index),
  }));

/** A runner that has sent lines 1 to `sent` of its attempt, and whose connection has then broken off. */
async function killedAfter(sent: number, of: Grant = grant, by: Runner = runner, from = 1) {
  const attempt = await connectAttempt(of, by.credential);
  await attempt.next('welcome');
  attempt.send({ type: 'lines', lines: lines(from, sent) });
  attempt.send({ type: 'sync' });
  await attempt.next('ack');
  return attempt;
}

const send = (attempt: number, body: object, credential = runner.credential, of = id) =>
  request(`/api/deployments/${of}/attempts/${attempt}/lines`, {
    method: 'POST',
    token: credential,
    json: body,
  });

async function sent(attempt: number, from: number, to: number, complete = false): Promise<number> {
  const answer = await send(attempt, { lines: lines(from, to), complete });
  expect(answer.status).toBe(200);
  return RecoveredSeq.parse(await answer.json()).seq;
}

async function refusal(answer: Response) {
  return { status: answer.status, code: ErrorBody.parse(await answer.json()).error.code };
}

/** The log as everyone reads it, which must be numbered without gaps. */
async function log(): Promise<string[]> {
  const items: LogLine[] = [];
  for (let lastSeq = 1; items.length < lastSeq; ) {
    const page = await object().logs(items.length, 10_000);
    if (page === null) throw new Error('the log is archived');
    items.push(...page.items);
    lastSeq = page.lastSeq;
  }
  expect(items.map(({ seq }) => seq)).toEqual(items.map((_, index) => index + 1));
  return items.map(({ text }) => text);
}

/** The token of a person of the team. */
const reader = async () => (await memberOf(ownerId, 'viewer')).token;

/** The runner's next process says hello. */
const restarted = () => object().restarted(runner.id, grant.attempt);

/** Nothing is heard of the lease's runner until it expires. */
async function expire() {
  // The first term ends because the socket is closed, or else by the grace of a lost object.
  for (let terms = 1; terms <= 2; terms += 1) {
    vi.spyOn(Date, 'now').mockReturnValue(Date.now() + LEASE_MS + 1);
    await runDurableObjectAlarm(object());
    const { record } = (await object().snapshot()) ?? {};
    if (record?.status !== 'building') return;
  }
  throw new Error('the lease did not expire');
}

const NOTE = 'Up to 30 seconds of output of attempt 1 may be missing here.';
const HEADING = 'Output of attempt 1 that its runner sent after the attempt had ended:';

describe('a runner that returns before its lease has expired', () => {
  test('sends the rest of the lines, which follow in order, once; nothing is said to be missing', async () => {
    await killedAfter(3);
    expect(await sent(1, 1, 0)).toBe(3);
    expect(await sent(1, 4, 6)).toBe(6);
    // The answer was lost, and it sends them again, with more.
    expect(await sent(1, 4, 8, true)).toBe(8);
    await restarted();
    expect(await log()).toEqual([
      ...lines(1, 8).map(({ text }) => text),
      expect.stringContaining('was restarted. Waiting for attempt 2 of 3'),
    ]);
  });

  test('and has kept nothing: the log says that lines may be missing', async () => {
    await killedAfter(3);
    await restarted();
    expect((await log()).slice(3)).toEqual([NOTE, expect.stringContaining('was restarted')]);
  });

  test('and was killed before it ever connected: nothing can be missing', async () => {
    await restarted();
    expect(await log()).toEqual([expect.stringContaining('was restarted')]);
  });

  test('with a gap in what it kept learns how far its lines are stored', async () => {
    await killedAfter(3);
    expect(await sent(1, 1, 0)).toBe(3);
    expect(await sent(1, 6, 8, true)).toBe(3);
    await restarted();
    expect((await log()).slice(3)).toEqual([NOTE, expect.stringContaining('was restarted')]);
  });

  test('and then runs the same attempt after all, and is killed again: the note is there', async () => {
    await killedAfter(3);
    expect(await sent(1, 1, 0)).toBe(3);
    expect(await sent(1, 4, 5, true)).toBe(5);
    await killedAfter(7, grant, runner, 6);
    await restarted();
    expect((await log()).slice(5)).toEqual(['line 6', 'line 7', NOTE, expect.any(String)]);
  });

  test('and then runs the same attempt: what it sent before, and arrives late, takes no numbers of its lines', async () => {
    await killedAfter(3);
    expect(await sent(1, 1, 0)).toBe(3);
    const again = await connectAttempt(grant, runner.credential);
    expect(await again.next('welcome')).toMatchObject({ ackedSeq: 3 });
    for (const complete of [false, true]) {
      expect(await refusal(await send(1, { lines: lines(4, 6), complete }))).toEqual({
        status: 409,
        code: 'stale_attempt',
      });
    }
    again.send({ type: 'lines', lines: lines(4, 5, (seq) => `second ${seq}`) });
    again.send({ type: 'sync' });
    // The same connection goes on.
    expect(await again.next('ack')).toMatchObject({ seq: 5 });
    expect((await log()).slice(3)).toEqual(['second 4', 'second 5']);
    // Killed a second time, it asks again, and sends the rest.
    expect(await sent(1, 1, 0)).toBe(5);
    expect(await sent(1, 6, 7, true)).toBe(7);
  });
});

describe('a runner that returns after its lease has expired', () => {
  test('finds the deployment waiting: its lines follow immediately, below a heading', async () => {
    await killedAfter(3);
    await expire();
    expect(await sent(1, 1, 0)).toBe(3);
    expect(await sent(1, 2, 5)).toBe(5);
    expect(await sent(1, 6, 7, true)).toBe(7);
    expect(await sent(1, 6, 7, true)).toBe(7);
    const follows = ' If its runner returns before the deployment ends, it sends them.';
    expect((await log()).slice(3)).toEqual([
      `${NOTE}${follows}`,
      expect.stringContaining('gave no sign of life'),
      HEADING,
      'line 4',
      'line 5',
      'line 6',
      'line 7',
    ]);
  });

  test('finds another at work: its lines wait until that attempt is over, even if the object slept', async () => {
    await killedAfter(3);
    await expire();
    const other = await givenRunner(ownerId);
    const next = await leaseOf(id, other);
    const second = await connectAttempt(next, other.credential);
    expect(await second.next('welcome')).toMatchObject({ ackedSeq: 5 });
    expect(await sent(1, 4, 6)).toBe(6);
    expect(await sent(1, 7, 7, true)).toBe(7);
    const seconds = lines(6, 7, (seq) => `second ${seq}`).map((line) => ({ ...line, phase: 'uploading' }));
    second.send({ type: 'lines', lines: seconds });
    second.send({ type: 'sync' });
    // Its own numbering goes on as if nothing had come in between.
    expect(await second.next('ack')).toMatchObject({ seq: 7 });
    await evictDurableObject(object());
    expect((await log()).slice(5)).toEqual(['second 6', 'second 7']);
    const again = await connectAttempt(next, other.credential);
    await again.next('welcome');
    const why = { code: 'build_failed', message: 'no', phase: 'building', hint: 'none' };
    again.send({ type: 'finish', result: { status: 'failed', failure: why } });
    await again.next('finished');
    vi.restoreAllMocks();
    const token = await reader();
    const archived = async () => {
      const answer = await request(`/api/deployments/${id}/logs?limit=100`, { token });
      return answer.ok ? (await answer.json<{ items: LogLine[] }>()).items : [];
    };
    await expect.poll(archived, { timeout: 5_000 }).not.toEqual([]);
    const outline = () => request(`/api/deployments/${id}/logs/outline`, { token });
    await expect.poll(async () => (await outline()).status, { timeout: 5_000 }).toBe(200);
    const { sections } = LogOutline.parse(await (await outline()).json());
    for (const { from, to } of sections) expect(Date.parse(to)).toBeGreaterThanOrEqual(Date.parse(from));
    const items = await archived();
    expect(items.slice(5).map(({ text }) => text)).toEqual([
      'second 6',
      'second 7',
      HEADING,
      'line 4',
      'line 5',
      'line 6',
      'line 7',
      expect.stringContaining('Failed (build_failed)'),
    ]);
    expect(items.map(({ seq }) => seq)).toEqual(items.map((_, index) => index + 1));
  });

  test('of the last attempt is too late: the deployment has ended, and the log said so', async () => {
    for (let attempt = 1; attempt <= 3; attempt += 1) {
      const { seq } = RecoveredSeq.parse({ seq: (await log()).length });
      await killedAfter(seq + 1, grant, runner, seq + 1);
      if (attempt === 3) break;
      await restarted();
      grant = await leaseOf(id, runner);
    }
    await restarted();
    expect((await object().snapshot())?.record.failure).toMatchObject({ code: 'runner_lost' });
    expect(await refusal(await send(3, { lines: lines(9, 9), complete: true }))).toEqual({
      status: 409,
      code: 'already_ended',
    });
    // An earlier attempt's, too.
    expect(await refusal(await send(1, { lines: lines(2, 2), complete: true }))).toMatchObject({
      code: 'already_ended',
    });
  });

  test('sends more than a log takes: what fits is kept, the log says so, and the next attempt has its room', async () => {
    await killedAfter(3);
    await expire();
    const long = (seq: number) => `${seq} ${'x'.repeat(16_000)}`;
    const perRequest = 25;
    const most = Math.floor(MOST_LATE_LENGTH / 16_100 / perRequest);
    for (let n = 0; n < most; n += 1) {
      const from = 4 + n * perRequest;
      const body = { lines: lines(from, from + perRequest - 1, long), complete: false };
      expect((await send(1, body)).status).toBe(200);
    }
    const from = 4 + most * perRequest;
    const before = (await log()).length;
    for (let n = 0; n < 3; n += 1) {
      const first = from + n * perRequest;
      await send(1, { lines: lines(first, first + perRequest - 1, long), complete: false });
    }
    expect((await log()).slice(before)).toEqual([
      'Further output of attempt 1 was dropped: more was sent late than a log takes.',
    ]);
    const other = await givenRunner(ownerId);
    const second = await connectAttempt(await leaseOf(id, other), other.credential);
    expect(await second.next('welcome')).toMatchObject({ ackedSeq: before + 1 });
  });
});

describe('refused, without a change to the log', () => {
  const body = { lines: lines(4, 5), complete: true };

  beforeEach(async () => {
    await killedAfter(3);
  });

  test.each<[string, () => Promise<Response>, { status: number; code: string }]>([
    [
      'another runner of the team',
      async () => send(1, body, (await givenRunner(ownerId)).credential),
      { status: 409, code: 'stale_attempt' },
    ],
    [
      'a runner of another team',
      async () => send(1, body, (await givenRunner(crypto.randomUUID())).credential),
      { status: 409, code: 'stale_attempt' },
    ],
    ['nobody who is known', () => send(1, body, 'afr_unknown'), { status: 401, code: 'unauthorized' }],
    ['a person', async () => send(1, body, await reader()), { status: 401, code: 'unauthorized' }],
    ['an attempt that never was', () => send(2, body), { status: 409, code: 'stale_attempt' }],
    ['an attempt that is no number', () => send(0, body), { status: 400, code: 'bad_request' }],
    [
      'a deployment that never was',
      () => send(1, body, runner.credential, newObjectId()),
      { status: 404, code: 'not_found' },
    ],
    [
      'lines with a gap among them',
      () => send(1, { lines: [...lines(4, 4), ...lines(6, 6)], complete: true }),
      { status: 400, code: 'bad_request' },
    ],
    [
      'a line that is too long',
      () => send(1, { lines: lines(4, 4, () => 'x'.repeat(16_385)), complete: true }),
      { status: 400, code: 'bad_request' },
    ],
    [
      'more than a request holds',
      () => send(1, { lines: lines(4, 80, () => 'x'.repeat(16_000)), complete: true }),
      { status: 413, code: 'body_too_large' },
    ],
  ])('%s', async (_name, act, expected) => {
    for (const before of [async () => undefined, expire]) {
      await before();
      const { length } = await log();
      expect(await refusal(await act())).toEqual(expected);
      expect(await log()).toHaveLength(length);
    }
  });

  test('after a removal of the runner', async () => {
    await metadataOf(env).runners.delete(runner.id);
    expect(await refusal(await send(1, body))).toMatchObject({ status: 401 });
  });

  test('of an attempt whose lines were all sent, further ones are not taken', async () => {
    await expire();
    expect(await sent(1, 4, 5, true)).toBe(5);
    const { length } = await log();
    expect(await sent(1, 6, 9, true)).toBe(5);
    expect(await log()).toHaveLength(length);
  });
});
