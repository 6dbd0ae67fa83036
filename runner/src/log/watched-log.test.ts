/** How soon lines go out while someone follows the log. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RunnerToDeployment } from '@appflux/protocol';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { LogLimits } from './log-limits.ts';
import { LogSender } from './log-sender.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'watched-log-'));
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
  rmSync(folder, { recursive: true });
});

/** A log whose edge acknowledges nothing by itself. */
function connectedLog(limits: Partial<LogLimits> = {}) {
  const fault = (reason: unknown) => {
    throw reason;
  };
  const sender = new LogSender({
    attempt: 1,
    ackedSeq: 0,
    spoolPath: join(folder, 'spool'),
    limits,
    onFault: fault,
    onSpoolError: fault,
  });
  const frames: RunnerToDeployment[] = [];
  const connect = () =>
    sender.connected(0, (frame) => {
      frames.push(RunnerToDeployment.parse(JSON.parse(frame)));
      return true;
    });
  connect();
  return {
    sender,
    connect,
    frames,
    write: (text: string) =>
      sender.write({ at: '2026-11-30T12:00:00.000Z', stream: 'stdout', phase: 'building', text }),
    /** The texts of the lines of each batch that was sent. */
    batches: () => frames.flatMap((frame) => (frame.type === 'lines' ? [frame.lines.map(textOf)] : [])),
  };
}

const textOf = ({ text }: { text: string }) => text;

function watchedLog(limits: Partial<LogLimits> = {}) {
  const log = connectedLog(limits);
  log.sender.watched(true);
  return log;
}

test('the first lines after a pause go out in the turn in which they were written, as one batch', () => {
  const { write, batches } = watchedLog();
  for (const text of ['a', 'b']) write(text);
  expect(batches()).toEqual([]);
  vi.advanceTimersByTime(0);
  expect(batches()).toEqual([['a', 'b']]);
  vi.advanceTimersByTime(40);
  write('c');
  vi.advanceTimersByTime(0);
  expect(batches()).toEqual([['a', 'b'], ['c']]);
});

test('lines that come sooner wait until 40 ms after the batch before', () => {
  const { write, batches } = watchedLog();
  write('a');
  vi.advanceTimersByTime(30);
  write('b');
  vi.advanceTimersByTime(9);
  write('c');
  expect(batches()).toEqual([['a']]);
  vi.advanceTimersByTime(1);
  expect(batches()).toEqual([['a'], ['b', 'c']]);
});

test('property: no line waits for longer than 40 ms, and 25 batches go out a second at most', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(90), { minLength: 1, maxLength: 60 }), (pauses) => {
      const { sender, write, batches } = watchedLog();
      const writtenAt: number[] = [];
      const sentAt: number[] = [];
      let now = 0;
      const pass = (ms: number) => {
        for (let passed = 0; passed < ms; passed += 1) {
          vi.advanceTimersByTime(1);
          now += 1;
          while (sentAt.length < batches().flat().length) sentAt.push(now);
        }
      };
      for (const pause of pauses) {
        pass(pause);
        write(String(writtenAt.length));
        writtenAt.push(now);
      }
      pass(41);
      expect(batches().flat()).toEqual(pauses.map((_, index) => String(index)));
      for (const [index, at] of sentAt.entries())
        expect(at - (writtenAt[index] ?? 0)).toBeLessThanOrEqual(40);
      expect(batches().length).toBeLessThanOrEqual(Math.floor(now / 40) + 1);
      sender.close();
    }),
    { numRuns: 50 },
  );
});

test('a flood is batched by lines as it is when nobody follows', () => {
  const { write, batches } = watchedLog({ batchLines: 3 });
  for (let index = 0; index < 7; index += 1) write(String(index));
  expect(batches().map(({ length }) => length)).toEqual([3, 3]);
  vi.advanceTimersByTime(40);
  expect(batches().map(({ length }) => length)).toEqual([3, 3, 1]);
});

test('the edge is not asked to write more often', () => {
  const { write, frames, batches } = watchedLog();
  for (let ms = 0; ms < 7990; ms += 10) {
    write(String(ms));
    vi.advanceTimersByTime(10);
  }
  expect(batches().length).toBeGreaterThan(190);
  expect(frames.filter(({ type }) => type === 'sync')).toEqual([]);
});

test('what waits goes out when the first viewer comes, and batches are long again when the last has left', () => {
  const { sender, write, batches } = connectedLog();
  write('a');
  vi.advanceTimersByTime(50);
  expect(batches()).toEqual([]);
  sender.watched(true);
  expect(batches()).toEqual([['a']]);
  sender.watched(false);
  vi.advanceTimersByTime(1000);
  write('b');
  vi.advanceTimersByTime(99);
  expect(batches()).toEqual([['a']]);
  vi.advanceTimersByTime(1);
  expect(batches()).toEqual([['a'], ['b']]);
});

test('on a new connection nobody follows until the edge says so: it may be an older one', () => {
  const { sender, connect, write, batches } = watchedLog();
  sender.disconnected();
  connect();
  vi.advanceTimersByTime(1000);
  write('a');
  vi.advanceTimersByTime(99);
  expect(batches()).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(batches()).toEqual([['a']]);
});

test('after the end nothing goes out any more', () => {
  const { sender, write, frames } = watchedLog();
  write('a');
  sender.close();
  sender.watched(true);
  vi.advanceTimersByTime(1000);
  expect(frames).toEqual([]);
});
