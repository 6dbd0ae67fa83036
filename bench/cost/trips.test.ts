import { expect, test } from 'vitest';
import { roundTripsOf, type Trace } from './trips.ts';

const trip = (what: string, level: number, isAwaited = true) => ({ what, level, isAwaited });

test('what ran side by side counts once, what came after another adds up', () => {
  const trips = [trip('D1', 1), trip('D1', 1), trip('D1', 2)];
  expect(roundTripsOf('GET /', [{ what: 'GET /', trips }])).toEqual({ sequential: 2, all: 3 });
});

test('the round trips of an object add to those of its caller, and the longer of two side by side counts', () => {
  const noted: Trace[] = [
    { what: 'GET /', trips: [trip('D1', 1), trip('PoolObject.depth', 1), trip('D1', 2)] },
    { what: 'PoolObject.depth', trips: [trip('D1', 1), trip('D1', 2)] },
  ];
  expect(roundTripsOf('GET /', noted)).toEqual({ sequential: 4, all: 5 });
});

test('what nobody waited for counts only until the end', () => {
  const noted: Trace[] = [
    { what: 'PoolObject.offer', trips: [trip('DeploymentObject.claim', 1, false)] },
    { what: 'DeploymentObject.claim', trips: [trip('D1', 1), trip('queue send', 2, false)] },
  ];
  expect(roundTripsOf('PoolObject.offer', noted)).toEqual({ sequential: 0, all: 3 });
  expect(roundTripsOf('PoolObject.offer', noted, 'end')).toEqual({ sequential: 2, all: 3 });
});

test('of several calls of a handler the longest counts', () => {
  const noted: Trace[] = [
    { what: 'DeploymentObject.webSocketMessage', trips: [] },
    { what: 'DeploymentObject.webSocketMessage', trips: [trip('D1', 1)] },
  ];
  expect(roundTripsOf('DeploymentObject.webSocketMessage', noted)).toEqual({ sequential: 1, all: 1 });
});

test('a handler that was not called is no path without round trips', () => {
  expect(() => roundTripsOf('GET /', [{ what: 'POST /', trips: [] }])).toThrow('GET / was not called');
});
