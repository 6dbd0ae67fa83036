import type { LogLine } from '@appflux/protocol';
import { flushSync } from 'svelte';
import { afterEach, expect, test, vi } from 'vitest';
import { watch } from '../../testing/watch.svelte.ts';
import { LiveLog } from './live-log.svelte.ts';

const line = (seq: number, text = `line ${seq}`): LogLine => ({
  seq,
  at: '2026-11-01T12:00:00.000Z',
  stream: 'stdout',
  phase: 'building',
  text,
});

afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

const options = {
  deploymentId: '66f2a1c04b7e9d0012345678',
  api: { logs: { page: () => Promise.reject(new Error('not called in this test')) } },
  token: async () => null,
  onState: () => undefined,
};

function log() {
  const soon: (() => void)[] = [];
  const made = new LiveLog({ ...options, soon: (work) => soon.push(work) });
  return { log: made, soon, flush: () => soon.splice(0).forEach((work) => void work()) };
}

test('many batches cause one update of the page', () => {
  const { log: shown, soon, flush } = log();
  let changes = 0;
  const stop = watch(
    () => shown.rows,
    () => (changes += 1),
  );
  flushSync();
  for (let seq = 1; seq <= 500; seq += 1) shown.take([line(seq)]);
  expect(soon).toHaveLength(1);
  flush();
  flushSync();
  expect(shown.lineCount).toBe(500);
  expect(changes).toBe(2);
  stop();
});

test('lines are shown in the next frame, and in a very long log after a short pause', () => {
  vi.useFakeTimers();
  const frames: (() => void)[] = [];
  vi.stubGlobal('requestAnimationFrame', (work: () => void) => frames.push(work));
  const shown = new LiveLog(options);
  shown.take([line(1)]);
  expect(shown.lineCount).toBe(0);
  frames.shift()?.();
  expect(shown.lineCount).toBe(1);
  shown.take(Array.from({ length: 20_000 }, (_, index) => line(index + 2)));
  frames.shift()?.();
  expect(shown.lineCount).toBe(20_001);
  shown.take([line(20_002)]);
  expect(frames).toEqual([]);
  vi.advanceTimersByTime(99);
  expect(shown.lineCount).toBe(20_001);
  vi.advanceTimersByTime(1);
  expect(shown.lineCount).toBe(20_002);
});

test('revealing a line opens its section', () => {
  const { log: shown, flush } = log();
  shown.take([line(1), line(2)]);
  flush();
  const head = shown.rows[0];
  if (head?.kind !== 'phase') throw new Error('expected the head of a section');
  shown.toggle(head.key);
  expect(shown.rows).toHaveLength(1);
  expect(shown.reveal(2)).toBe(2);
  expect(shown.rows).toHaveLength(3);
  expect(shown.reveal(9)).toBe(-1);
});

test('the text for the clipboard has no colors', () => {
  const { log: shown } = log();
  shown.take([line(1, '\u001b[32mok\u001b[0m'), line(2)]);
  expect(shown.text()).toBe('ok\nline 2\n');
});

test('lines that were never stored are removed when the log is read again, even if it is empty then', () => {
  const { log: shown, flush } = log();
  shown.take([line(1), line(2), line(3)]);
  flush();
  shown.reset();
  shown.take([line(1), line(2, 'another')]);
  flush();
  expect(shown.text()).toBe('line 1\nanother\n');
  expect(shown.lineCount).toBe(2);
  shown.reset();
  flush();
  expect(shown.rows).toEqual([]);
});
