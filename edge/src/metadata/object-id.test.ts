import { ObjectId } from '@appflux/protocol';
import { expect, test } from 'vitest';
import { firstObjectIdOf, newObjectId } from './object-id.ts';

test('an id begins with the second in which it was made', () => {
  const id = newObjectId(Date.parse('2026-11-01T12:00:00.999Z'));
  expect(ObjectId.parse(id)).toBe(id);
  expect(Number.parseInt(id.slice(0, 8), 16)).toBe(Date.parse('2026-11-01T12:00:00Z') / 1000);
});

test('ids of one isolate are all different and sort as they were made, within a second too', () => {
  const ids = Array.from({ length: 1000 }, () => newObjectId(1_793_000_000_000));
  expect(new Set(ids).size).toBe(1000);
  expect([...ids].sort()).toEqual(ids);
});

test('the first id of a time comes after all that are older and before all that are not', () => {
  const first = firstObjectIdOf('2026-11-01T12:00:00.500Z');
  expect(newObjectId(Date.parse('2026-11-01T11:59:59.999Z')) < first).toBe(true);
  expect(newObjectId(Date.parse('2026-11-01T12:00:00.000Z')) >= first).toBe(true);
  expect(firstObjectIdOf('1970-01-01T00:00:01.000Z')).toBe('000000010000000000000000');
});
