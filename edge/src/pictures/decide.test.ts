import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  afterTry,
  assign,
  isOverdue,
  isStale,
  KEEP_MS,
  nextLook,
  PATIENCE_MS,
  type Photographer,
  RETRY_MS,
  RETURNED_MS,
  type Request,
} from './decide.ts';

const NOW = 1_700_000_000_000;

const request = (members: Partial<Request> = {}): Request => ({
  deploymentId: 'one',
  appId: 'app',
  url: 'http://one.sites.example/',
  wantedAt: NOW,
  dueAt: NOW,
  failures: 0,
  out: null,
  ...members,
});
const runner = (members: Partial<Photographer> = {}): Photographer => ({
  id: 'box',
  takesPictures: true,
  busy: 0,
  draining: false,
  ...members,
});
const out = { id: 'r1', runnerId: 'box', at: NOW };

test('a runner that does nothing gets the request that has waited longest', () => {
  const requests = [request({ deploymentId: 'new', wantedAt: NOW }), request({ wantedAt: NOW - 5 })];
  expect(assign(requests, [runner()], NOW)).toEqual([{ deploymentId: 'one', runnerId: 'box' }]);
});

const DISK = { freeBytes: 1, totalBytes: 2, minFreeBytes: 1, low: true };
test.each([
  ['builds', { busy: 1 }],
  ['is draining', { draining: true }],
  ['takes none', { takesPictures: false }],
  ['lacks disk space', { disk: DISK }],
])('a runner that %s gets none', (_, members) => {
  expect(assign([request()], [runner(members)], NOW)).toEqual([]);
});

test('a runner gets one at a time, and one that is not due yet none', () => {
  const two = [request({ deploymentId: 'two' }), request()];
  expect(assign(two, [runner()], NOW)).toHaveLength(1);
  expect(assign([request({ out }), request({ deploymentId: 'two' })], [runner()], NOW)).toEqual([]);
  expect(assign([request({ dueAt: NOW + 1 })], [runner()], NOW)).toEqual([]);
});

test('a failure is tried again, and a second one not', () => {
  const failed = afterTry(request({ out }), 'failed', NOW);
  expect(failed).toEqual(request({ failures: 1, dueAt: NOW + RETRY_MS }));
  expect(afterTry({ ...request(), failures: 1, out }, 'failed', NOW)).toBeNull();
});

test('what gave way to a build is no failure, however often', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1 }), fc.nat(20), (failures, times) => {
      let current: Request | null = request({ failures });
      for (let n = 0; n < times && current !== null; n++)
        current = afterTry({ ...current, out }, 'returned', NOW + n);
      expect(current?.failures).toBe(failures);
    }),
  );
  expect(afterTry(request({ out }), 'returned', NOW)?.dueAt).toBe(NOW + RETURNED_MS);
});

test('a runner that does not answer has failed, and a request that is a day old is given up', () => {
  expect(isOverdue(request({ out }), NOW + PATIENCE_MS - 1)).toBe(false);
  expect(isOverdue(request({ out }), NOW + PATIENCE_MS)).toBe(true);
  // The clock was set back.
  expect(isOverdue(request({ out }), NOW - PATIENCE_MS)).toBe(true);
  expect(isOverdue(request(), NOW + PATIENCE_MS)).toBe(false);
  expect([isStale(request(), NOW + KEEP_MS - 1), isStale(request(), NOW + KEEP_MS)]).toEqual([false, true]);
});

test('the alarm is set for what has a time, and not for what waits for a runner', () => {
  expect(nextLook([], NOW)).toBeNull();
  expect(nextLook([request()], NOW)).toBeNull();
  const times = [request({ dueAt: NOW + 9 }), request({ out }), request({ dueAt: NOW + 3 })];
  expect(nextLook(times, NOW)).toBe(NOW + 3);
  expect(nextLook([request({ out })], NOW)).toBe(NOW + PATIENCE_MS);
});
