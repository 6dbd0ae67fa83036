import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ExecutorKind } from './runner.ts';
import {
  belowRegistration,
  beyondRegistration,
  type RunnerCapacity,
  usableCapacity,
} from './runner-capacity.ts';

const capacity = (
  labels: string[],
  slots: number,
  executor: ExecutorKind | null = 'docker',
): RunnerCapacity => ({ labels, slots, executor });

test('what a runner announces narrows its registration', () => {
  const registered = capacity(['linux', 'gpu'], 4);
  expect(usableCapacity(registered, capacity(['linux'], 2))).toEqual(capacity(['linux'], 2));
  expect(beyondRegistration(registered, capacity(['linux'], 2))).toEqual([]);
  expect(belowRegistration(registered, capacity(['linux'], 2))).toEqual([
    'limits itself to 2 slots, registered for 4',
    'does not use the label gpu',
  ]);
});

test('what a runner announces does not widen its registration', () => {
  const registered = capacity(['linux'], 1);
  const announced = capacity(['linux', 'prod-signing', 'gpu'], 8);
  expect(usableCapacity(registered, announced)).toEqual(capacity(['linux'], 1));
  expect(beyondRegistration(registered, announced)).toEqual([
    'asks for 8 slots, registered for 1',
    'asks for the labels prod-signing, gpu, not registered for them',
  ]);
  expect(belowRegistration(registered, announced)).toEqual([]);
});

test.each<[ExecutorKind | null, ExecutorKind, ExecutorKind]>([
  ['docker', 'docker', 'docker'],
  ['docker', 'host', 'host'],
  ['host', 'docker', 'host'],
  ['host', 'host', 'host'],
  [null, 'docker', 'docker'],
  [null, 'host', 'host'],
])('registered with %s, announced as %s: the pool treats it as %s', (registered, announced, used) => {
  expect(usableCapacity(capacity([], 1, registered), capacity([], 1, announced)).executor).toBe(used);
});

test('a runner that is registered without a sandbox and claims to have one is reported', () => {
  expect(beyondRegistration(capacity(['host'], 1, 'host'), capacity(['host'], 1))).toEqual([
    'claims to build in a sandbox, registered without one',
  ]);
});

const any = fc.record({
  labels: fc.subarray(['linux', 'gpu', 'macos', 'host']),
  slots: fc.integer({ min: 1, max: 64 }),
  executor: fc.constantFrom<ExecutorKind>('docker', 'host'),
});

test('the pool never uses more than is registered or more than is announced', () => {
  fc.assert(
    fc.property(any, any, (registered, announced) => {
      const used = usableCapacity(registered, announced);
      for (const limit of [registered, announced]) {
        expect(used.slots).toBeLessThanOrEqual(limit.slots);
        expect(limit.labels).toEqual(expect.arrayContaining([...used.labels]));
        if (limit.executor === 'host') expect(used.executor).toBe('host');
      }
      expect(usableCapacity(registered, used)).toEqual(used);
    }),
  );
});
