/** The log under faults: it always is gapless, without repeats, and the same as what was sent. */
import { CLOSE, MAX_LINE_LENGTH, VIEWER_WINDOW } from '@appflux/protocol';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Client } from '../instance/client.ts';
import { type EdgeInstance, startInstance } from '../instance/edge.ts';
import { type SimulatedAttempt, SimulatedRunner } from '../instance/simulated-runner.ts';
import { Viewer } from '../instance/viewer.ts';

let edge: EdgeInstance;
let client: Client;
let upload: string;
let builds = 0;

beforeAll(async () => {
  edge = await startInstance();
  client = new Client(edge);
  upload = await client.upload('site.zip', Buffer.from('ignored by a simulated runner'));
});
afterAll(() => edge.stop());

/** A deployment that a runner of its own is building. */
async function building(): Promise<{ id: string; attempt: SimulatedAttempt }> {
  builds += 1;
  const label = `log-${builds}`;
  const registered = await client.registerRunner(label, [label]);
  const runner = await SimulatedRunner.connect(edge.url, registered, { labels: [label] });
  const { slug } = await client.createApp({ name: `Log ${builds}`, build: { labels: [label] } });
  const { id } = await client.deploy(slug, { uploadId: upload });
  return { id, attempt: await runner.begin() };
}

const failed = {
  status: 'failed',
  failure: { code: 'build_failed', message: 'as asked', phase: 'building', hint: 'none' },
} as const;

const numbered = (to: number) => Array.from({ length: to }, (_, index) => `line ${index + 1}`);

/** What the build printed, without AppFlux's own last lines. */
async function printed(id: string): Promise<string[]> {
  const { items } = await client.logs(id);
  expect(items.map(({ seq }) => seq)).toEqual(items.map((_, index) => index + 1));
  return items.filter(({ stream }) => stream !== 'system').map(({ text }) => text);
}

it('duplicate frame: it is acked again and kept once', async () => {
  const { id, attempt } = await building();
  attempt.lines(1, 10);
  expect(await attempt.acked()).toBe(10);
  attempt.lines(1, 10);
  expect(await attempt.socket.next('ack')).toMatchObject({ seq: 10 });
  attempt.lines(8, 12);
  expect(await attempt.acked()).toBe(12);
  expect(await printed(id)).toEqual(numbered(12));
});

it('gap or reorder: the edge says from which line to send again', async () => {
  const { id, attempt } = await building();
  attempt.lines(1, 5);
  attempt.lines(9, 12);
  expect(await attempt.socket.next('resume')).toMatchObject({ from: 6 });
  attempt.lines(6, 12);
  expect(await attempt.acked()).toBe(12);
  expect(await printed(id)).toEqual(numbered(12));
});

it('forged sequence: a frame with non-consecutive lines ends the attempt, with the reason', async () => {
  const { id, attempt } = await building();
  const line = { at: new Date().toISOString(), stream: 'stdout', phase: 'building', text: 'x' } as const;
  attempt.socket.send({
    type: 'lines',
    attempt: 1,
    lines: [
      { seq: 1, ...line },
      { seq: 7, ...line },
    ],
  });
  expect(await attempt.socket.closed).toMatchObject({ code: CLOSE.badFrame });
  expect(await client.untilEnded(id)).toMatchObject({ status: 'failed', failure: { code: 'internal' } });
  expect(await printed(id)).toEqual([]);
});

it('40 MB frame: it is refused, and the deployment goes on', async () => {
  const { id, attempt } = await building();
  attempt.socket.socket.send('x'.repeat(1_000_000));
  expect(await attempt.socket.closed).toMatchObject({ code: CLOSE.tooLarge });
  await attempt.connect().next('welcome');
  // Above workerd's own limit it stops reading; when it closes the connection is undefined.
  attempt.socket.socket.send('x'.repeat(40_000_000));
  const again = attempt.connect();
  expect(await again.next('welcome')).toMatchObject({ ackedSeq: 0 });
  attempt.lines(1, 2);
  await attempt.acked();
  expect(await printed(id)).toEqual(numbered(2));
});

it('object restarts mid-log: acked lines are stored, others are sent again, viewers go on', async () => {
  const { id, attempt } = await building();
  const first = new Viewer(edge, id);
  await first.connected();
  attempt.lines(1, 40);
  await attempt.acked();
  attempt.lines(41, 80);
  await edge.crash();
  expect(await first.ended).toBeNull();
  const { ackedSeq } = await attempt.connect().next('welcome');
  attempt.lines(ackedSeq + 1, 90);
  const second = new Viewer(edge, id, first.lines.at(-1)?.seq ?? 0);
  await second.connected();
  attempt.lines(91, 100);
  attempt.finish(failed);
  expect(await second.ended).toBe('failed');
  const seen = second.continue(first.lines).filter(({ stream }) => stream === 'stdout');
  expect(seen.map(({ text }) => text)).toEqual(numbered(100));
  expect(await printed(id)).toEqual(numbered(100));
});

it('a viewer that has lines which were lost before they were stored is asked to discard them', async () => {
  const { id, attempt } = await building();
  const first = new Viewer(edge, id);
  await first.connected();
  attempt.lines(1, 10);
  await attempt.acked();
  attempt.lines(11, 20);
  await expect.poll(() => first.lines.length).toBe(20);
  await edge.crash();
  const { lastSeq } = await client.logs(id);
  const second = new Viewer(edge, id, 20);
  await second.connected();
  // Whether the last lines were stored before the crash depends on milliseconds; the stored state counts.
  if (lastSeq < 20) await expect.poll(() => second.rewoundTo).toBe(lastSeq);
  const { ackedSeq } = await attempt.connect().next('welcome');
  expect(ackedSeq).toBe(lastSeq);
  attempt.lines(ackedSeq + 1, 25, (seq) => `sent again ${seq}`);
  attempt.finish(failed);
  await second.ended;
  const { items } = await client.logs(id);
  expect(second.continue(first.lines)).toEqual(items);
});

it('viewers that connect at any time see every line once, in order, and the end', async () => {
  const { id, attempt } = await building();
  const viewers: Viewer[] = [];
  for (let batch = 0; batch < 40; batch += 1) {
    viewers.push(new Viewer(edge, id));
    attempt.lines(batch * 25 + 1, batch * 25 + 25);
    if (batch % 8 === 0) await viewers.at(-1)?.connected();
  }
  attempt.finish(failed);
  const late = new Viewer(edge, id, 990);
  for (const viewer of viewers) {
    expect(await viewer.ended).toBe('failed');
    const build = viewer.lines.filter(({ stream }) => stream === 'stdout');
    expect(build.map(({ text }) => text)).toEqual(numbered(1000));
  }
  await late.ended;
  expect(late.lines[0]?.seq).toBe((late.rewoundTo ?? 990) + 1);
});

it('log flood past the cap with finish after it: past the reserve too, a marker says so, and the end is kept', async () => {
  const { id, attempt } = await building();
  const text = 'y'.repeat(MAX_LINE_LENGTH);
  const perFrame = 24;
  let seq = 0;
  for (let bytes = 0; bytes < 80_000_000; bytes += perFrame * MAX_LINE_LENGTH) {
    attempt.lines(seq + 1, seq + perFrame, () => text);
    seq += perFrame;
    expect(await attempt.acked()).toBeLessThanOrEqual(seq);
  }
  attempt.finish(failed);
  const ended = await client.untilEnded(id);
  expect(ended.failure).toMatchObject({ code: 'build_failed' });
  const { lastSeq } = await client.logs(id, 0, 1);
  const { items } = await client.logs(id, lastSeq - 2);
  expect(items.map((line) => line.text)).toEqual([
    expect.stringContaining('was cut here'),
    expect.stringContaining('Failed (build_failed)'),
  ]);
});

it('a viewer that does not read: the build and the other viewers go on, and little is queued for it', async () => {
  const { id, attempt } = await building();
  const deaf = new Viewer(edge, id, 0, { silent: true });
  const keen = new Viewer(edge, id);
  await Promise.all([deaf.connected(), keen.connected()]);
  deaf.socket.pause();
  const text = 'z'.repeat(4096);
  for (let batch = 0; batch < 100; batch += 1) {
    attempt.lines(batch * 100 + 1, batch * 100 + 100, () => text);
    if (batch % 10 === 9)
      await expect.poll(() => keen.lines.length, { timeout: 10_000 }).toBe((batch + 1) * 100);
  }
  attempt.finish(failed);
  expect(await keen.ended).toBe('failed');
  expect(keen.lines.filter(({ stream }) => stream === 'stdout')).toHaveLength(10_000);
  expect(await client.untilEnded(id)).toMatchObject({ status: 'failed' });

  deaf.socket.resume();
  expect(await deaf.toldToLeave()).toBe(CLOSE.tooSlow);
  expect(deaf.lines.length * text.length).toBeLessThan(VIEWER_WINDOW);
  const lines = [...deaf.lines];
  for (let status: string | null = null; status === null; ) {
    const again = new Viewer(edge, id, lines.at(-1)?.seq ?? 0);
    status = await again.ended;
    expect(again.lines).not.toEqual([]);
    lines.push(...again.lines);
  }
  expect(lines).toEqual(keen.lines);
});

/** Writes a log of five windows, as one build's. */
async function writeMuch({ attempt }: { attempt: SimulatedAttempt }): Promise<void> {
  const text = 'w'.repeat(16_000);
  for (let batch = 0; batch < 125; batch += 1) {
    attempt.lines(batch * 20 + 1, batch * 20 + 20, () => text);
    if (batch % 25 === 24) await attempt.acked();
  }
}

it('a viewer that reports what it has read receives a log of many windows on one connection: running and finished', async () => {
  const { id, attempt } = await building();
  await writeMuch({ attempt });
  const running = new Viewer(edge, id);
  await running.connected();
  await expect.poll(() => running.lines.length, { timeout: 60_000 }).toBe(2500);
  expect(running.socket.readyState).toBe(WebSocket.OPEN);
  attempt.lines(2501, 2510);
  attempt.finish(failed);
  expect(await running.ended).toBe('failed');
  expect(running.lines.map(({ seq }) => seq)).toEqual(Array.from({ length: 2511 }, (_, index) => index + 1));

  await client.untilEnded(id);
  expect(await client.archived(id)).toMatchObject({ lastSeq: 2511, longest: 16_000 });
  const finished = new Viewer(edge, id);
  expect(await finished.ended).toBe('failed');
  expect(finished.lines).toEqual(running.lines);
});

it('a viewer that reads slowly is not disconnected, and delays nobody', async () => {
  const { id, attempt } = await building();
  const slow = new Viewer(edge, id);
  await slow.connected();
  // It reads for a moment, so that it has sent a report, and then stops in the middle.
  const text = 'y'.repeat(16_000);
  const write = (from: number, to: number) => {
    for (let batch = from; batch < to; batch += 1) attempt.lines(batch * 20 + 1, batch * 20 + 20, () => text);
  };
  write(0, 5);
  await expect.poll(() => slow.lines.length).toBe(100);
  slow.socket.pause();
  write(5, 65);
  await attempt.acked();
  slow.socket.resume();
  await expect.poll(() => slow.lines.length, { timeout: 60_000 }).toBe(1300);
  attempt.lines(1301, 1302);
  attempt.finish(failed);
  expect(await slow.ended).toBe('failed');
  expect(slow.lines.map(({ seq }) => seq)).toEqual(Array.from({ length: 1303 }, (_, index) => index + 1));
});

it('a viewer that reads and never reports it: it gets one window at a time, and misses nothing', async () => {
  const { id, attempt } = await building();
  const text = 'z'.repeat(16_000);
  for (let batch = 0; batch < 60; batch += 1) attempt.lines(batch * 20 + 1, batch * 20 + 20, () => text);
  await attempt.acked();
  const seen: number[] = [];
  const connect = async () => {
    const viewer = new Viewer(edge, id, seen.length, { silent: true });
    const code = await viewer.toldToLeave();
    seen.push(...viewer.lines.map(({ seq }) => seq));
    return code;
  };
  expect(await connect()).toBe(CLOSE.tooSlow);
  expect(await connect()).toBe(CLOSE.tooSlow);
  attempt.finish(failed);
  await client.untilEnded(id);
  expect(await connect()).toBe(CLOSE.normal);
  expect(seen).toEqual(Array.from({ length: 1201 }, (_, index) => index + 1));
});

it('the archived log equals the live one, and its rows are deleted', async () => {
  const { id, attempt } = await building();
  attempt.lines(1, 300);
  await attempt.acked();
  const before = await client.logs(id);
  attempt.finish(failed);
  await client.untilEnded(id);
  expect(await client.archived(id)).toMatchObject({ lastSeq: 301 });
  const whole = await client.fetch('GET', `/api/deployments/${id}/logs.ndjson`);
  expect(whole.headers.get('content-encoding')).toBe('gzip');
  const ndjson = await whole.text();
  const plain = { 'Accept-Encoding': 'identity' };
  const unpacked = await client.fetch('GET', `/api/deployments/${id}/logs.ndjson`, undefined, plain);
  expect(unpacked.headers.get('content-encoding')).toBeNull();
  expect(await unpacked.text()).toBe(ndjson);
  const after = await client.logs(id);
  expect(after.items.slice(0, 300)).toEqual(before.items);
  expect(
    ndjson
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line)),
  ).toEqual(after.items);
  const viewer = new Viewer(edge, id, 295);
  expect(await viewer.ended).toBe('failed');
  expect(viewer.lines).toEqual(after.items.slice(295));
});
