import { expect, test } from 'vitest';
import { figuresOf } from './figures.ts';
import { JobQueue } from './job-queue.ts';
import { Roster } from './roster.ts';
import { job, runner } from './testing/samples.ts';

test('jobs are summed up by what they need, in whatever order they name it, and held ones count', () => {
  const queue = JobQueue.of(
    [
      job('j1', { labels: ['gpu', 'linux'], createdAt: 5 }),
      job('j2', { labels: ['linux', 'gpu'], createdAt: 3, branch: 'b', concurrency: 4 }),
      job('j3', { labels: ['linux', 'gpu'], createdAt: 1, branch: 'c', isUntrusted: true }),
      job('j4', { labels: [], createdAt: 9, branch: 'd' }),
    ],
    new Map(),
  );
  queue.hold('j2');
  expect(figuresOf(queue, Roster.of([])).waiting).toEqual([
    { labels: ['gpu', 'linux'], isUntrusted: false, jobs: 2, oldestAt: 3 },
    { labels: ['gpu', 'linux'], isUntrusted: true, jobs: 1, oldestAt: 1 },
    { labels: [], isUntrusted: false, jobs: 1, oldestAt: 9 },
  ]);
  queue.remove('j4');
  expect(figuresOf(queue, Roster.of([])).waiting).toHaveLength(2);
});

test('slots of a runner that takes no builds are not free, and those that it uses are busy', () => {
  const disk = { freeBytes: 1, totalBytes: 9, minFreeBytes: 2, low: true };
  const roster = Roster.of([
    runner('a', { labels: ['x', 'linux'], slots: 4, busy: 1 }),
    runner('b', { labels: ['linux', 'x'], slots: 4, busy: 2, draining: true }),
    runner('c', { labels: ['linux', 'x'], slots: 1, disk }),
    runner('d', { labels: [], slots: 1, busy: 2 }),
    runner('e', { labels: [], executor: 'host' }),
  ]);
  expect(figuresOf(JobQueue.of([], new Map()), roster).runners).toEqual([
    { labels: ['linux', 'x'], executor: 'docker', taking: 1, refusing: 2, freeSlots: 3, busySlots: 3 },
    { labels: [], executor: 'docker', taking: 1, refusing: 0, freeSlots: 0, busySlots: 2 },
    { labels: [], executor: 'host', taking: 1, refusing: 0, freeSlots: 1, busySlots: 0 },
  ]);
});
