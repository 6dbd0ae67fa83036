import { createHash } from 'node:crypto';
import type { LogLine } from '@appflux/protocol';
import { describe, expect, test } from 'vitest';
import { judgeFollowed, judgeKept, judgeLog } from './log.ts';

const AT = '2026-01-01T00:00:00.000Z';
/** A log of these texts; those that begin with `>` are AppFlux's own lines. */
const logOf = (...texts: string[]): LogLine[] =>
  texts.map((text, index) => ({
    seq: index + 1,
    at: AT,
    stream: text.startsWith('>') ? 'system' : 'stdout',
    phase: 'building',
    text: text.replace(/^>/, ''),
  }));
const BEGIN = '>Attempt 1 on runner one (0.1.0): 4 GB of memory.';
const AGAIN = '>Attempt 2 on runner two (0.1.0): 4 GB of memory.';
const PRINTED = [1, 2].map((n) => `line ${n} ${String(n).repeat(24)}`);
const LAST = `printed 2 ${createHash('sha256')
  .update(PRINTED.map((text) => `${text}\n`).join(''))
  .digest('hex')}`;

describe('a log', () => {
  test('is correct if its last attempt is complete and earlier ones are prefixes', () => {
    const lines = logOf(
      BEGIN,
      PRINTED[0] ?? '',
      '>The runner one was lost.',
      AGAIN,
      ...PRINTED,
      LAST,
      '>Done.',
    );
    expect(judgeLog(lines, true)).toEqual({ faults: [], digest: LAST });
  });

  test('is correct if output of an earlier attempt comes late, even all of it, or after the last attempt', () => {
    const late = '>Output of attempt 1 that its runner sent after the attempt had ended:';
    const [first = '', second = ''] = PRINTED;
    for (const lines of [
      logOf(BEGIN, first, '>The runner one was lost.', late, second, AGAIN, ...PRINTED, LAST),
      logOf('>The runner one was lost.', late, BEGIN, first, second, AGAIN, ...PRINTED, LAST),
      logOf(BEGIN, first, '>The runner one was lost.', AGAIN, ...PRINTED, LAST, late, second),
    ])
      expect(judgeLog(lines, true)).toEqual({ faults: [], digest: LAST });
    expect(judgeLog(logOf(BEGIN, late, second, AGAIN, ...PRINTED, LAST), true).faults).not.toEqual([]);
  });

  test('of a deployment that did not succeed may end anywhere', () => {
    expect(judgeLog(logOf(BEGIN, PRINTED[0] ?? ''), false).faults).toEqual([]);
    expect(judgeLog(logOf('>Canceled: by its owner'), false).faults).toEqual([]);
  });

  test.each<[string, LogLine[]]>([
    ['a success without its end', logOf(BEGIN, ...PRINTED)],
    ['a success without anything', logOf(BEGIN)],
    ['a success whose last attempt is incomplete', logOf(BEGIN, ...PRINTED, LAST, AGAIN, PRINTED[0] ?? '')],
    ['output of an earlier attempt', logOf(BEGIN, AGAIN, PRINTED[1] ?? '', ...PRINTED, LAST)],
    ['output before any attempt', logOf(PRINTED[0] ?? '', BEGIN, ...PRINTED, LAST)],
    ['a missing number', logOf(BEGIN, ...PRINTED, LAST).filter(({ seq }) => seq !== 1)],
    ['a repeated number', logOf(BEGIN, ...PRINTED, LAST).map((line) => ({ ...line, seq: 1 }))],
  ])('is wrong with %s', (_, lines) => {
    expect(judgeLog(lines, true).faults).not.toEqual([]);
  });
});

test('what a runner had on disk is in the log, or missed', () => {
  const kept = [{ id: 'x', attempt: 1, texts: PRINTED }];
  expect(judgeKept(kept, logOf(BEGIN, ...PRINTED, AGAIN))).toEqual([]);
  expect(judgeKept(kept, logOf(BEGIN, PRINTED[0] ?? '', AGAIN))).toEqual([
    'lacks 1 of 2 lines that attempt 1 had on disk',
  ]);
  const dropped = '>Further output of attempt 1 was dropped: more was sent late than a log takes.';
  expect(judgeKept(kept, logOf(BEGIN, PRINTED[0] ?? '', dropped, AGAIN))).toEqual([]);
});

describe('a follower of a log', () => {
  const log = logOf(BEGIN, ...PRINTED, LAST);
  const followed = (lines: readonly LogLine[], status: string | null = 'success') =>
    judgeFollowed({ id: 'x', lines: [...lines], status, connections: 1 }, log, 'success');

  test('saw the same lines', () => {
    expect(followed(log)).toEqual([]);
  });

  test.each([
    ['less', followed(log.slice(0, 2))],
    ['a line twice', followed([...log.slice(0, 2), ...log.slice(1)])],
    ['a gap', followed(log.filter(({ seq }) => seq !== 2))],
    ['another line', followed(log.map((line) => (line.seq === 2 ? { ...line, text: 'other' } : line)))],
    ['more', followed([...log, { ...log[0], seq: 5 } as LogLine])],
    ['another end', followed(log, 'failed')],
    ['no end', followed(log, null)],
  ])('must not see %s', (_, faults) => {
    expect(faults).not.toEqual([]);
  });
});
