import { expect, test } from 'vitest';
import { parseChoice, queryOf } from './choice.ts';

test.each([
  ['', 30, null],
  ['days=7', 7, null],
  ['days=90&app=harbor-web', 90, 'harbor-web'],
  ['days=8', 30, null],
  ['days=x&app=No%20slug', 30, null],
])('a query is parsed: %s', (query, days, app) => {
  expect(parseChoice(new URLSearchParams(query))).toEqual({ days, app });
});

test('a choice survives the round trip through a query', () => {
  for (const choice of [{ days: 7, app: null } as const, { days: 90, app: 'harbor-web' } as const]) {
    expect(parseChoice(new URLSearchParams(queryOf(choice)))).toEqual(choice);
  }
});
