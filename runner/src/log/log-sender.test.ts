import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RunnerToDeployment } from '@appflux/protocol';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { LogLimits } from './log-limits.ts';
import { LogSender } from './log-sender.ts';

let folder: string;
const faults: string[] = [];
const spoolErrors: unknown[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'log-stream-'));
  faults.length = 0;
  spoolErrors.length = 0;
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
  rmSync(folder, { recursive: true });
});

const open = (limits: Partial<LogLimits> = {}, ackedSeq = 0, spoolPath = join(folder, 'spool')) =>
  new LogSender({
    attempt: 3,
    ackedSeq,
    spoolPath,
    limits,
    onFault: (message) => faults.push(message),
    onSpoolError: (error) => spoolErrors.push(error),
  });

const line = (text: string) => ({
  at: '2026-11-01T12:00:00.000Z',
  stream: 'stdout' as const,
  phase: 'building' as const,
  text,
});

/** The receiver of the log: keeps frames, and acknowledges them on request. */
class Edge {
  readonly lines: { seq: number; text: string }[] = [];
  readonly frames: string[] = [];
  /** How often it was asked to write. */
  syncs = 0;
  readonly #base: number;
  readonly #acksAll: boolean;

  /** `acksAll`: it acks each batch; otherwise, as the real one may, only when it is asked to. */
  constructor(base = 0, acksAll = true) {
    this.#base = base;
    this.#acksAll = acksAll;
  }

  get ackedSeq() {
    return this.#base + this.lines.length;
  }

  take = (frame: string) => {
    this.frames.push(frame);
    return true;
  };

  /** Takes in the oldest frame and answers it. */
  answerOne(stream: LogSender) {
    const frame = RunnerToDeployment.parse(JSON.parse(this.frames.shift() ?? ''));
    if (frame.type === 'sync') {
      this.syncs += 1;
      stream.acked(this.ackedSeq);
      return;
    }
    if (frame.type !== 'lines') throw new Error(`a ${frame.type} frame came`);
    expect(frame.attempt).toBe(3);
    const first = frame.lines[0]?.seq ?? 0;
    if (first > this.ackedSeq + 1) {
      stream.resume(this.ackedSeq + 1);
      return;
    }
    for (const { seq, text } of frame.lines) {
      if (seq === this.ackedSeq + 1) this.lines.push({ seq, text });
    }
    if (this.#acksAll) stream.acked(this.ackedSeq);
  }

  answerAll(stream: LogSender) {
    while (this.frames.length > 0) this.answerOne(stream);
  }
}

const typesOf = (edge: Edge) => edge.frames.map((frame) => RunnerToDeployment.parse(JSON.parse(frame)).type);

describe('batches', () => {
  test('go out 100 ms after their first line, numbered on from what the edge has', () => {
    const stream = open({}, 41);
    const edge = new Edge(41);
    stream.connected(41, edge.take);
    stream.write(line('a'));
    vi.advanceTimersByTime(60);
    stream.write(line('b'));
    expect(edge.frames).toEqual([]);
    vi.advanceTimersByTime(40);
    edge.answerAll(stream);
    expect(edge.lines).toEqual([
      { seq: 42, text: 'a' },
      { seq: 43, text: 'b' },
    ]);
  });

  test('are sent immediately when they are full, and stay below the frame size', () => {
    const stream = open({ window: 100 });
    const edge = new Edge();
    stream.connected(0, edge.take);
    for (let index = 0; index < 50; index += 1) stream.write(line('x'.repeat(10_000)));
    expect(edge.frames.length).toBe(8);
    for (const frame of edge.frames) expect(Buffer.byteLength(frame)).toBeLessThan(65 * 1024);
  });

  test('wait when the window is full, and go on with the acknowledgements', () => {
    const stream = open({ window: 2, batchLines: 1 });
    const edge = new Edge();
    stream.connected(0, edge.take);
    for (const text of ['a', 'b', 'c', 'd']) stream.write(line(text));
    expect(typesOf(edge)).toEqual(['lines', 'lines', 'sync']);
    edge.answerOne(stream);
    expect(typesOf(edge)).toEqual(['lines', 'sync', 'lines', 'sync']);
    edge.answerAll(stream);
    expect(edge.lines.map(({ text }) => text).join('')).toBe('abcd');
  });

  test('wait when the bytes on their way are many, but one goes at any size', () => {
    const stream = open({ batchLines: 1, windowBytes: 250 });
    const edge = new Edge(0, false);
    stream.connected(0, edge.take);
    stream.write(line('x'.repeat(1000)));
    for (let index = 0; index < 4; index += 1) stream.write(line('y'));
    expect(typesOf(edge)).toEqual(['lines', 'sync']);
    edge.answerAll(stream);
    expect(edge.lines).toHaveLength(5);
  });
});

describe('the edge, which writes only when it is asked to,', () => {
  test('is asked after a time, however many batches have come', () => {
    const stream = open({ batchLines: 1, syncMs: 3000 });
    const edge = new Edge(0, false);
    stream.connected(0, edge.take);
    for (let second = 0; second < 30; second += 1) {
      stream.write(line(`line ${second}`));
      edge.answerAll(stream);
      vi.advanceTimersByTime(1000);
      edge.answerAll(stream);
    }
    expect(edge.lines).toHaveLength(30);
    expect(edge.syncs).toBe(10);
  });

  test('is requested immediately when everything waits for it', async () => {
    const stream = open();
    const edge = new Edge(0, false);
    stream.connected(0, edge.take);
    stream.write(line('a'));
    const drained = stream.drained();
    expect(typesOf(edge)).toEqual(['lines', 'sync']);
    edge.answerAll(stream);
    await drained;
  });

  test('is asked again on the next connection', async () => {
    const stream = open();
    const edge = new Edge(0, false);
    stream.connected(0, edge.take);
    stream.write(line('a'));
    const drained = stream.drained();
    edge.frames.length = 0;
    stream.disconnected();
    stream.connected(0, edge.take);
    expect(typesOf(edge)).toEqual(['lines', 'sync']);
    edge.answerAll(stream);
    await drained;
  });

  test('is not asked when nothing waits', () => {
    const stream = open();
    const edge = new Edge();
    stream.connected(0, edge.take);
    stream.write(line('a'));
    vi.advanceTimersByTime(100);
    edge.answerAll(stream);
    vi.advanceTimersByTime(60_000);
    expect(edge.frames).toEqual([]);
  });
});

describe('a lost connection', () => {
  test('costs nothing: what was not acknowledged comes again', () => {
    const stream = open({ batchLines: 1 });
    const edge = new Edge();
    stream.connected(0, edge.take);
    for (const text of ['a', 'b', 'c']) stream.write(line(text));
    edge.answerOne(stream);
    edge.frames.length = 0;
    stream.disconnected();
    stream.write(line('d'));
    stream.connected(edge.ackedSeq, edge.take);
    edge.answerAll(stream);
    expect(edge.lines.map(({ text }) => text).join('')).toBe('abcd');
  });

  test('whose acknowledgement was lost repeats nothing that the edge already has', () => {
    const stream = open({ batchLines: 2 });
    const edge = new Edge();
    stream.connected(0, edge.take);
    for (const text of ['a', 'b', 'c', 'd']) stream.write(line(text));
    stream.disconnected();
    edge.frames.length = 0;
    stream.connected(3, edge.take);
    expect(
      edge.frames.map((frame) => JSON.parse(frame).lines.map((each: { seq: number }) => each.seq)),
    ).toEqual([[4]]);
  });
});

describe('a gap', () => {
  test('is closed by going back once, however many batches were under way behind it', () => {
    const stream = open({ batchLines: 1 });
    const edge = new Edge();
    stream.connected(0, edge.take);
    for (const text of ['a', 'b', 'c', 'd', 'e']) stream.write(line(text));
    edge.frames.shift();
    edge.answerAll(stream);
    expect(edge.lines.map(({ text }) => text).join('')).toBe('abcde');
  });

  test('for lines that were acknowledged is a fault: they are gone', async () => {
    const stream = open({ batchLines: 1 });
    const edge = new Edge();
    stream.connected(0, edge.take);
    stream.write(line('a'));
    edge.answerAll(stream);
    stream.resume(1);
    expect(faults.length).toBe(1);
    await stream.drained();
  });
});

test('an acknowledgement that counts a line of the edge itself is taken for what was written', async () => {
  const stream = open({ batchLines: 1 });
  stream.connected(0, () => true);
  stream.write(line('a'));
  stream.acked(2);
  await stream.drained();
  expect(faults).toEqual([]);
});

test('without any answer, batches are sent again after a time', () => {
  const stream = open({ batchLines: 1, ackTimeoutMs: 5000 });
  const edge = new Edge();
  stream.connected(0, edge.take);
  stream.write(line('a'));
  edge.frames.length = 0;
  vi.advanceTimersByTime(5000);
  edge.answerAll(stream);
  expect(edge.lines.map(({ text }) => text)).toEqual(['a']);
});

describe('what the edge does not take yet', () => {
  test('goes to disk past the memory cap, comes back in order, and leaves no file', async () => {
    const stream = open({ batchLines: 5, memoryBytes: 2000 });
    const edge = new Edge();
    const texts = Array.from({ length: 200 }, (_, index) => `line ${index} – ünï`);
    for (const text of texts) stream.write(line(text));
    const drained = stream.drained();
    expect(statSync(join(folder, 'spool')).size).toBeGreaterThan(10_000);
    expect(statSync(join(folder, 'spool')).mode & 0o777).toBe(0o600);
    stream.connected(0, edge.take);
    edge.answerAll(stream);
    await drained;
    expect(edge.lines.map(({ text }) => text)).toEqual(texts);
    expect(statSync(join(folder, 'spool')).size).toBe(0);
    stream.close();
    expect(readdirSync(folder)).toEqual([]);
  });

  test('makes the writer wait at the cap, until there is room again', async () => {
    const stream = open({ batchLines: 1, queueBytes: 1000 });
    const edge = new Edge();
    await stream.ready();
    for (let index = 0; index < 20; index += 1) stream.write(line('x'.repeat(50)));
    let ready = false;
    const waiting = stream.ready().then(() => {
      ready = true;
    });
    await vi.advanceTimersByTimeAsync(1000);
    expect(ready).toBe(false);
    stream.connected(0, edge.take);
    edge.answerAll(stream);
    await waiting;
    expect(ready).toBe(true);
  });

  test('stays in memory when the disk takes no more: no line is lost, and it is said once', () => {
    const stream = open({ batchLines: 1, memoryBytes: 0 }, 0, join(folder, 'no-such-folder', 'spool'));
    const edge = new Edge();
    for (const text of ['a', 'b', 'c']) stream.write(line(text));
    expect(spoolErrors.length).toBe(1);
    stream.connected(0, edge.take);
    edge.answerAll(stream);
    expect(edge.lines.map(({ text }) => text).join('')).toBe('abc');
  });
});

type Step =
  | 'write'
  | 'big'
  | 'drop'
  | 'drop after write'
  | 'connect'
  | 'answer'
  | 'lose frame'
  | 'again'
  | 'watch'
  | 'leave'
  | 'tick';
const step = fc.constantFrom<Step>(
  'write',
  'write',
  'big',
  'drop',
  'drop after write',
  'connect',
  'answer',
  'answer',
  'lose frame',
  'again',
  'watch',
  'leave',
  'tick',
);

test('property: whatever happens to the connections, the edge ends with exactly the lines written', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), fc.nat(5), fc.boolean(), (steps, base, acksAll) => {
      const path = join(mkdtempSync(join(folder, 'run-')), 'spool');
      const stream = open({ batchLines: 3, batchBytes: 2000, memoryBytes: 3000, window: 3 }, base, path);
      const edge = new Edge(base, acksAll);
      const written: string[] = [];
      let connected = false;
      const write = (text: string) => {
        written.push(text);
        stream.write(line(text));
      };
      const drop = () => {
        edge.frames.length = 0;
        stream.disconnected();
        connected = false;
      };
      const connect = () => {
        if (!connected) stream.connected(edge.ackedSeq, edge.take);
        connected = true;
      };
      for (const each of steps) {
        if (each === 'write') write(`line ${written.length}`);
        if (each === 'big') write('b'.repeat(1500));
        if (each === 'connect') connect();
        if (each === 'drop') drop();
        if (each === 'drop after write' && edge.frames.length > 0) {
          edge.answerOne({ acked: () => undefined, resume: () => undefined } as unknown as LogSender);
          drop();
        }
        if (each === 'answer' && edge.frames.length > 0) edge.answerOne(stream);
        if (each === 'lose frame') edge.frames.shift();
        if (each === 'again' && edge.frames[0] !== undefined) edge.frames.unshift(edge.frames[0]);
        if (each === 'watch') stream.watched(true);
        if (each === 'leave') stream.watched(false);
        if (each === 'tick') vi.advanceTimersByTime(150);
      }
      connect();
      for (let round = 0; round < 50 && edge.ackedSeq < base + written.length; round += 1) {
        vi.advanceTimersByTime(10_000);
        edge.answerAll(stream);
      }
      stream.close();
      expect(faults).toEqual([]);
      expect(edge.lines.map(({ text }) => text)).toEqual(written);
      expect(edge.lines.map(({ seq }) => seq)).toEqual(written.map((_, index) => base + index + 1));
    }),
    { numRuns: 500 },
  );
});
