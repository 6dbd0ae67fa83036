import { expect, it } from 'vitest';
import { parseStat } from './processor-time.ts';

it('parses a process with any name', () => {
  const line = `42 (a) S (b) R 7 42 42 0 -1 4194304 1 0 0 0 150 50 0 0 20 0 1 0 100 1 1`;
  expect(parseStat(line)).toEqual({ parent: 7, name: 'a) S (b', seconds: 2 });
});
