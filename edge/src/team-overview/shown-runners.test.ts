import type { Runner } from '@appflux/protocol';
import { expect, test } from 'vitest';
import { newObjectId } from '../metadata/object-id.ts';
import { MOST_RUNNERS, shownRunners } from './shown-runners.ts';

const runner = (status: Runner['status'], busy = 0): Runner => ({
  id: newObjectId(),
  name: 'box',
  labels: [],
  slots: 4,
  busy,
  version: '0.1.0',
  status,
  lastSeenAt: null,
  createdAt: '2026-11-30T00:00:00.000Z',
});

test('a few runners are all shown, in their order', () => {
  const few = [runner('offline'), runner('online'), runner('draining')];
  expect(shownRunners(few)).toEqual(few);
  expect(shownRunners([])).toEqual([]);
});

test('of many, those that are online and build are shown', () => {
  const offline = Array.from({ length: MOST_RUNNERS }, () => runner('offline'));
  const [idle, building, draining] = [runner('online'), runner('online', 2), runner('draining', 3)];
  const shown = shownRunners([...offline, idle, draining, building]);
  expect(shown).toHaveLength(MOST_RUNNERS);
  expect(shown.slice(0, 4)).toEqual([building, idle, draining, offline[0]]);
});
