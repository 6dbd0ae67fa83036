import { expect, test } from 'vitest';
import { createJournal, describeError, journalLine } from './journal.ts';

const at = new Date('2026-11-01T12:00:00.000Z');

test('a line has time, level, message and fields, quoted where they need it', () => {
  expect(
    journalLine(at, 'warn', 'Connection lost', { code: 1006, reason: 'timed out', attempt: undefined }),
  ).toBe('2026-11-01T12:00:00.000Z warn  Connection lost code=1006 reason="timed out"');
});

test('nothing that is written can forge a line of its own', () => {
  const written: string[] = [];
  createJournal({ write: (text) => written.push(text) }).error('a\nb', { c: 'd\ne' });
  expect(written.join('').split('\n').length).toBe(2);
});

test('an error is described with its causes', () => {
  const error = new Error('outer', { cause: new Error('inner') });
  expect(describeError(error)).toMatch(/outer[\s\S]*caused by: Error: inner/);
  expect(describeError('just text')).toBe('just text');
});
