import { expect, test } from 'vitest';
import { refreshTokenRecord } from '../metadata/testing/sample-records.ts';
import { judgeRefresh, REUSE_MS } from './issuer.ts';

const USED_AT = Date.parse('2026-11-10T12:00:00.000Z');
const usedAt = new Date(USED_AT).toISOString();
const expiresAt = new Date(USED_AT + 3_600_000).toISOString();

test.each([
  ['never used', { expiresAt }, USED_AT, 'good'],
  ['used a moment ago', { expiresAt, usedAt }, USED_AT + REUSE_MS, 'good'],
  ['used longer ago', { expiresAt, usedAt }, USED_AT + REUSE_MS + 1, 'stolen'],
  ['used by an isolate whose clock is ahead', { expiresAt, usedAt }, USED_AT - 5000, 'good'],
  ['run out', { expiresAt: usedAt }, USED_AT, 'run_out'],
  ['run out and used', { expiresAt: usedAt, usedAt }, USED_AT + 3_600_000, 'run_out'],
] as const)('a refresh token that was %s', (_title, members, now, judgment) => {
  expect(judgeRefresh(refreshTokenRecord(members), now)).toBe(judgment);
});
