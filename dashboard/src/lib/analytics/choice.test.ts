import { expect, test } from 'vitest';
import { choiceOf, queryOf } from './choice.ts';

test.each([
  ['', 30, null],
  ['days=7', 7, null],
  ['days=90&app=harbor-web', 90, 'harbor-web'],
  ['days=8', 30, null],
  ['days=x&app=No%20slug', 30, null],
])('an address is read: %s', (query, days, app) => {
  expect(choiceOf(new URLSearchParams(query))).toEqual({ days, app });
});

test('what was chosen is what the address says', () => {
  for (const choice of [{ days: 7, app: null } as const, { days: 90, app: 'harbor-web' } as const]) {
    expect(choiceOf(new URLSearchParams(queryOf(choice)))).toEqual(choice);
  }
});
