import { expect, test } from 'vitest';
import { FailureLocation, MAX_LOCATION_PATH } from './failure-location.ts';

const accepts = (path: string): boolean =>
  FailureLocation.safeParse({ path, line: 1, column: null, seq: null }).success;

test.each([
  'src/a.ts',
  'app/(shop)/[slug]/page.tsx',
  'Grüße/日本 語.ts',
  'a..b/...c.ts',
  '<b>.ts',
  `${'a'.repeat(MAX_LOCATION_PATH - 3)}.ts`,
])('%s is the path of a location', (path) => {
  expect(accepts(path)).toBe(true);
});

test.each([
  ['nothing', ''],
  ['an absolute path', '/etc/passwd'],
  ['one that leads out of the source', '../secret.ts'],
  ['one that leads out of it later', 'src/../../secret.ts'],
  ['one with an escape sequence', 'src/\u001b[2Ja.ts'],
  ['one with a line end', 'src/a.ts\nFixed'],
  ['one that is shown in reverse', 'src/\u202etxt.ts'],
  ['one with hidden characters', 'src/a\u200b.ts'],
  ['one with half a character', 'src/\ud800.ts'],
  ['one that is too long', 'a'.repeat(MAX_LOCATION_PATH + 1)],
])('%s is none', (_, path) => {
  expect(accepts(path)).toBe(false);
});
