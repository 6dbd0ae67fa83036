import { expect, test } from 'vitest';
import { runner } from '../../testing/fixtures.ts';
import { capacityStatus } from './capacity.ts';

test('a runner whose settings match its registration has no notes', () => {
  expect(capacityStatus(runner({ slots: 3 }))).toEqual({ slots: 3, beyond: [], below: [] });
});

test('a runner that asks for more than it is registered for has a note, and gets what it is registered for', () => {
  const announced = { labels: ['linux', 'gpu'], slots: 8, executor: 'docker' as const };
  expect(capacityStatus(runner({ labels: ['linux'], slots: 1, announced }))).toEqual({
    slots: 1,
    beyond: ['Asks for 8 slots, registered for 1', 'Asks for the label gpu, not registered for it'],
    below: [],
  });
});

test('a runner that asks for less gets less', () => {
  const announced = { labels: ['linux'], slots: 1, executor: 'docker' as const };
  expect(capacityStatus(runner({ labels: ['linux', 'gpu'], slots: 4, announced }))).toEqual({
    slots: 1,
    beyond: [],
    below: ['Limits itself to 1 slot, registered for 4', 'Does not use the label gpu'],
  });
});

test('a runner that is registered without a sandbox and reports one has a note', () => {
  const announced = { labels: ['host'], slots: 1, executor: 'docker' as const };
  const status = capacityStatus(runner({ labels: ['host'], slots: 1, executor: 'host', announced }));
  expect(status.beyond).toEqual(['Claims to build in a sandbox, registered without one']);
});
