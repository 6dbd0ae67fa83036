import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LogLine } from '@appflux/protocol';
import { describe, expect, test } from 'vitest';
import { plainText } from './ansi.ts';
import { codeFrame } from './code-frame.ts';

const lineOf = (text: string, index: number): LogLine => ({
  seq: index + 1,
  at: '2026-11-01T12:00:00.000Z',
  stream: 'stdout',
  phase: 'building',
  text,
});

/** The excerpt at a line of a recorded log. */
function frameOf(log: string, seq: number): string[] {
  const file = join(import.meta.dirname, '../../../../runner/recorded', `${log}.txt`);
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n').map(lineOf);
  return codeFrame(lines.slice(Math.max(0, seq - 7), seq + 16), seq).map(({ text }) =>
    plainText(text).trimEnd(),
  );
}

describe('the excerpt of', () => {
  test.each<[string, number, string[]]>([
    ['locations/gcc', 2, ['    4 |   return total;', '      |          ^~~~~']],
    ['locations/javac', 1, ['  int a() { return total; }', '                   ^']],
    ['locations/tsc-pretty', 1, ['1 export const a: number = "x";', '               ~']],
    ['locations/esbuild-errors', 1, ['      3 │ a = 2;', '        ╵ ^']],
    ['locations/sass', 1, ['  ╷', '2 │   color: $missing;', '  │          ^^^^^^^^', '  ╵']],
    ['locations/rollup-parse', 3, ['1: export const a = 1;', '2: const b = ;', '             ^']],
    ['locations/node-throw', 5, ['  throw new Error("no articles");', '        ^']],
    ['locations/python-syntax', 4, ['    def f(:', '          ^']],
  ])('%s', (log, seq, lines) => {
    expect(frameOf(log, seq)).toEqual(lines);
  });

  test('a Rolldown error has the drawn frame', () => {
    const frame = frameOf('explain/vite-parse-error', 11);
    expect(frame.join('\n')).toContain('┬');
    expect(frame.length).toBeGreaterThan(2);
  });
});

describe('there is none', () => {
  test.each([
    ['locations/go-build', 2],
    ['explain/tsc-errors', 5],
    ['locations/eslint-warnings-first', 8],
    ['explain/npm-e404', 2],
  ])('in %s', (log, seq) => {
    expect(frameOf(log, seq)).toEqual([]);
  });

  test('if the line is not among those', () => {
    expect(codeFrame([lineOf('a', 0)], 7)).toEqual([]);
  });

  test('across a line of AppFlux', () => {
    const lines = ['error: x', 'system', '1 | a', '  | ^'].map(lineOf);
    lines[1] = { ...lineOf('Building failed after 2 s.', 1), stream: 'system' };
    expect(codeFrame(lines, 1)).toEqual([]);
  });
});

test('is short, however much a build prints', () => {
  const lines = ['error: x', ...Array<string>(60).fill('1 | a'), '  | ^'].map(lineOf);
  expect(codeFrame(lines.slice(0, 23), 1).length).toBeLessThanOrEqual(12);
  const long = ['error: x', `1 | ${'a'.repeat(9)}`, `  | ^${'~'.repeat(10_000)}`].map(lineOf);
  expect(codeFrame(long, 1)).toEqual([]);
});

test('does not read a line of thousands of escape sequences to its end', () => {
  const mark = (sequences: number) =>
    ['error: x', '1 | a', `${'\u001b[31m'.repeat(sequences)}  | ^`].map(lineOf);
  expect(codeFrame(mark(10), 1)).toHaveLength(2);
  expect(codeFrame(mark(10_000), 1)).toEqual([]);
});
