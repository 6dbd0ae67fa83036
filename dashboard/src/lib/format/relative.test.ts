import { expect, test } from 'vitest';
import { relativeTime } from './relative.ts';

const now = Date.parse('2026-11-10T12:00:00Z');

test.each([
  ['2026-11-10T12:00:00Z', 'just now'],
  ['2026-11-10T11:59:01Z', 'just now'],
  ['2026-11-10T11:58:59Z', '1 min. ago'],
  ['2026-11-10T09:00:00Z', '3 hr. ago'],
  ['2026-11-09T10:00:00Z', 'yesterday'],
  ['2026-10-20T12:00:00Z', '3 wk. ago'],
  ['2025-11-01T12:00:00Z', 'last yr.'],
  ['2026-11-10T12:00:40Z', 'in less than a minute'],
  ['2026-11-10T13:30:00Z', 'in 1 hr.'],
])('%s is %s', (moment, text) => {
  expect(relativeTime(moment, now)).toBe(text);
});
