import { expect, test } from 'vitest';
import { auditBefore } from './retention.ts';

const NOW = new Date('2026-11-23T12:00:00.000Z');

test('the audit log is kept for as many days as the operator says', () => {
  expect(auditBefore({ AUDIT_DAYS: '400' }, NOW)).toBe('2025-10-19T12:00:00.000Z');
  expect(auditBefore({ AUDIT_DAYS: '30' }, NOW)).toBe('2026-10-24T12:00:00.000Z');
});

test.each(['', 'forever', '-1', '1e9', '30 days'])('“%s” is no number of days: nothing goes', (asked) => {
  expect(auditBefore({ AUDIT_DAYS: asked }, NOW)).toBe('1970-01-01T00:00:00.000Z');
});

test('more days than there have been keep everything', () => {
  expect(auditBefore({ AUDIT_DAYS: '999999' }, NOW)).toBe('1970-01-01T00:00:00.000Z');
});
