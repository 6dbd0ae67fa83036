import { expect, test } from 'vitest';
import { exportedDatabase } from './deployed.ts';

test.each([
  ['cloudflare/d1.sql', 0],
  ['cloudflare/d1-1.sql', 1],
  ['cloudflare/d1-7.sql', 7],
  ['cloudflare/d1-8.sql', null],
  ['cloudflare/d1-0.sql', null],
  ['cloudflare/d1-1.sqlx', null],
  ['x/cloudflare/d1.sql', null],
  ['settings.env', null],
])('the file %s of a snapshot is the export of database %s', (path, number) => {
  expect(exportedDatabase(path)).toBe(number);
});
