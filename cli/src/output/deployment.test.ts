import type { Failure } from '@appflux/protocol';
import { expect, test } from 'vitest';
import { errorLocation } from './deployment.ts';

const failure: Failure = { code: 'build_failed', message: 'no', phase: 'building', hint: '' };
const location = { path: 'src/a.ts', line: 3, column: 7, seq: 40 };

test.each<[string, Failure | null, string | null]>([
  ['a place and a line of the log', { ...failure, location }, 'src/a.ts:3:7 (line 40 of the log)'],
  ['a line that the log omits', { ...failure, location: { ...location, seq: null } }, 'src/a.ts:3:7'],
  ['no column', { ...failure, location: { ...location, column: null } }, 'src/a.ts:3 (line 40 of the log)'],
  [
    'a path that would control the terminal',
    { ...failure, location: { ...location, path: 'a\u001b[2J\n.ts' } },
    expect.not.stringContaining('\u001b'),
  ],
  ['a failure of an earlier version', failure, null],
  ['no failure', null, null],
])('the location of %s', (_, failure, text) => {
  expect(errorLocation({ failure })).toEqual(text);
});
