import { expect, test } from 'vitest';
import { START } from './report.ts';
import { afterReport, afterRun, dueRound, type Round } from './round.ts';

const HOUR = 3_600_000;
const NOW = Date.UTC(2026, 10, 20);
const over = (members: Partial<Round> = {}): Round => ({
  position: null,
  begunAt: NOW - HOUR,
  failed: false,
  ...members,
});
const begun = { position: START, begunAt: NOW, failed: false, artifactBytes: 0 };

test('the first round begins immediately, the next six hours after the one before began', () => {
  expect(dueRound(null, NOW)).toEqual(begun);
  expect(dueRound(over(), NOW)).toBeNull();
  expect(dueRound(over({ begunAt: NOW - 6 * HOUR + 1 }), NOW)).toBeNull();
  expect(dueRound(over({ begunAt: NOW - 6 * HOUR }), NOW)).toEqual(begun);
});

test('a round in which something failed is followed by the next one immediately', () => {
  expect(dueRound(over({ failed: true }), NOW)).toEqual(begun);
});

test('a round that is not over goes on where it was', () => {
  const position = { phase: 'apps' as const, after: '0'.repeat(24) };
  const round = over({ position, begunAt: NOW - 100 * HOUR, failed: true });
  expect(dueRound(round, NOW)).toEqual(round);
});

test('a failure of any run is a failure of the round', () => {
  const failure = { app: 'a', deploymentId: '0'.repeat(24), message: 'locked' };
  const failed = afterRun(begun, { items: [], failures: [failure], artifactBytes: 0, next: START });
  expect(failed.failed).toBe(true);
  expect(afterRun(failed, { items: [], failures: [], artifactBytes: 0, next: null })).toMatchObject({
    position: null,
    begunAt: NOW,
    failed: true,
  });
});

test('the artifacts of all runs are measured when the round is over, and known until the next one is', () => {
  const run = { items: [], failures: [], next: null };
  const half = afterRun(begun, { ...run, artifactBytes: 5, next: START });
  expect(half.measured).toBeUndefined();
  const whole = afterRun(half, { ...run, artifactBytes: 7 });
  expect(whole.measured).toEqual({ artifactBytes: 12, at: NOW });
  const next = dueRound(whole, NOW + 6 * HOUR);
  expect(next).toMatchObject({ artifactBytes: 0, measured: { artifactBytes: 12, at: NOW } });
  if (next === null) throw new Error('it is due');
  expect(afterRun(next, { ...run, artifactBytes: 3 }).measured).toEqual({
    artifactBytes: 3,
    at: NOW + 6 * HOUR,
  });
});

test('a round that an earlier version began measures nothing', () => {
  const { artifactBytes: _, ...earlier } = begun;
  const run = { items: [], failures: [], artifactBytes: 5, next: null };
  expect(afterRun(earlier, run).measured).toBeUndefined();
});

test('what an app’s object reports later belongs to the round that asked it', () => {
  const run = { items: [], failures: [], next: null };
  const report = { begunAt: NOW, artifactBytes: 30, failed: false };
  const walking = afterReport(afterRun(begun, { ...run, artifactBytes: 5, next: START }), report);
  expect(walking).toMatchObject({ artifactBytes: 35, failed: false });
  expect(walking.measured).toBeUndefined();
  const whole = afterRun(begun, { ...run, artifactBytes: 5 });
  expect(afterReport(whole, report).measured).toEqual({ artifactBytes: 35, at: NOW });
  const late = afterReport(whole, { ...report, begunAt: NOW - HOUR, failed: true });
  expect(late).toEqual({ ...whole, failed: true });
});
