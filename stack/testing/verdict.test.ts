import { describe, expect, test } from 'vitest';
import { addUp, exitCodeOf, NOTHING, type Outcome, timeLines, verdictLines } from './verdict.ts';

const some: Outcome = {
  passed: 3,
  failed: 1,
  skipped: [{ test: '[edge] a.test.ts > it works', reason: 'no server' }],
  flaky: [{ test: '[e2e] c.test.ts > a socket', error: 'expected 1006\n  to be 3001' }],
  files: {},
  errors: ['b.test.ts: cannot be\n  loaded'],
};

describe('the verdict', () => {
  test('ends with the counts, after the reasons for skipped tests and how flaky ones failed', () => {
    expect(verdictLines(some)).toEqual([
      'skipped: [edge] a.test.ts > it works (no server)',
      'flaky: [e2e] c.test.ts > a socket (passed when repeated, failed with: expected 1006 to be 3001)',
      'error: b.test.ts: cannot be loaded',
      '3 passed, 2 failed, 1 skipped',
    ]);
  });

  test('of two runs combines all their tests', () => {
    expect(verdictLines(addUp(some, some)).at(-1)).toBe('6 passed, 4 failed, 2 skipped');
    expect(addUp(NOTHING, some)).toEqual(some);
  });

  test('is success if something passed and nothing failed', () => {
    const good = { ...NOTHING, passed: 1 };
    expect(exitCodeOf(good)).toBe(0);
    expect(exitCodeOf({ ...good, skipped: some.skipped })).toBe(0);
    expect(exitCodeOf({ ...good, failed: 1 })).toBe(1);
    expect(exitCodeOf({ ...good, errors: ['no'] })).toBe(1);
  });

  test('is failure if nothing ran', () => {
    expect(exitCodeOf(NOTHING)).toBe(1);
    expect(exitCodeOf({ ...NOTHING, skipped: some.skipped })).toBe(1);
  });
});

test('the table of times lists the slowest files first, and is omitted for a single file', () => {
  const files = { '[edge] a.test.ts': 1_250, '[docker] b.docker.test.ts': 61_040, '[runner] c.test.ts': 3 };
  expect(timeLines({ ...NOTHING, files })).toEqual([
    'time by file, the 3 slowest of 3 (62.3 s in all):',
    '    61.0 s  [docker] b.docker.test.ts',
    '     1.3 s  [edge] a.test.ts',
    '     0.0 s  [runner] c.test.ts',
  ]);
  expect(timeLines({ ...NOTHING, files: { '[edge] a.test.ts': 1 } })).toEqual([]);
});
