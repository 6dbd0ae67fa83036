/** What servers say when another document has a unique value already; the words are those of their own sources. */
import { MongoNetworkError, MongoServerError } from 'mongodb';
import { expect, test } from 'vitest';
import { isDuplicate } from '../../edge/src/metadata/mongo/database.ts';

const reply = (code: number, message: string) => new MongoServerError({ code, message, errmsg: message });

test.each([
  [11000, 'E11000 duplicate key error collection: appflux.apps index: slug_1 dup key: { slug: "a" }'],
  [11000, 'Duplicate key violation on the requested collection'],
  [1, 'conflicting key value violates exclusion constraint "documents_rum_index_7"'],
  [1, 'ERROR: duplicate key value violates unique constraint "apps_slug_1_idx" (SQLSTATE 23505)'],
  [1, 'UNIQUE constraint failed: index 12 (2067)'],
])('code %i with “%s” is a duplicate key', (code, message) => {
  expect(isDuplicate(reply(code, message))).toBe(true);
});

test.each([
  [1, 'Internal error'],
  [1, 'conflicting versions of the document'],
  [1, 'new row violates check constraint "documents_size"'],
  [1, 'null value violates unique expectations'],
  [112, 'Write conflict during plan execution and yielding is disabled.'],
  [11600, 'interrupted at shutdown'],
])('code %i with “%s” is none', (code, message) => {
  expect(isDuplicate(reply(code, message))).toBe(false);
});

test('an error that no server sent is none, whatever it says', () => {
  expect(isDuplicate(new MongoNetworkError('E11000 duplicate key error'))).toBe(false);
  expect(isDuplicate(new Error('UNIQUE constraint failed'))).toBe(false);
  expect(isDuplicate(null)).toBe(false);
});
