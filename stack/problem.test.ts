import { expect, test } from 'vitest';
import { isStackProblem, lastLines, messageOf, StackProblem } from './problem.ts';

test('a problem is one sentence: what is wrong, and what to do', () => {
  const problem = new StackProblem('port_taken', 'Port 80 is in use', 'set APPFLUX_PORT to a free one');
  expect(problem.sentence).toBe('Port 80 is in use: set APPFLUX_PORT to a free one');
  expect(isStackProblem(problem)).toBe(true);
  expect(isStackProblem(problem, 'port_taken')).toBe(true);
  expect(isStackProblem(problem, 'disk_full')).toBe(false);
  expect(isStackProblem(new Error(problem.sentence))).toBe(false);
});

test('what was thrown has a message, whatever it is', () => {
  expect(messageOf(new Error('no'))).toBe('no');
  expect(messageOf('no')).toBe('no');
});

test('of a long output, the last lines that say something are quoted', () => {
  expect(lastLines('first\n\n  second  \r\n\nthird\n\n', 2)).toBe('second | third');
  expect(lastLines('')).toBe('');
});
