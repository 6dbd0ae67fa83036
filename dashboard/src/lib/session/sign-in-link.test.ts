import { expect, test } from 'vitest';
import { safeNext, tokenHashOf } from './sign-in-link.ts';

test.each([
  ['#token_hash=abc123', 'abc123'],
  ['#type=magiclink&token_hash=abc', 'abc'],
  ['#token_hash=', null],
  ['#other=1', null],
  ['', null],
])('the code in %s is %s', (fragment, hash) => {
  expect(tokenHashOf(fragment)).toBe(hash);
});

test.each([
  ['/apps/shop?x=1#L4', '/apps/shop?x=1#L4'],
  [null, '/'],
  ['https://evil.example/', '/'],
  ['//evil.example/', '/'],
  ['/\\evil.example', '/'],
  ['javascript:alert(1)', '/'],
  ['/sign-in?next=/sign-in', '/'],
  ['/\t/evil.example', '/'],
])('after signing in, %s leads to %s', (next, path) => {
  expect(safeNext(next, 'https://appflux.example')).toBe(path);
});
