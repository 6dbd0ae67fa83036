import { expect, test } from 'vitest';
import { safeNext } from './safe-next.ts';

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
