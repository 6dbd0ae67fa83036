import { expect, test } from 'vitest';
import type { Activity } from '../deployment/activity.ts';
import { LONGEST, type Place, type StuckFacts, stuckItems } from './stuck.ts';

const NOW = Date.parse('2026-11-29T12:00:00.000Z');
const NOTHING: StuckFacts = {
  now: NOW,
  queued: [],
  running: [],
  away: [],
  uploads: { count: 0, oldestAt: null },
  deadLetters: { count: 0, oldestAt: null },
  outbox: { count: 0, oldestAt: null },
  cronSucceededAt: NOW - 15 * 60_000,
  roundSince: null,
};
const UNREAD: StuckFacts = {
  ...NOTHING,
  uploads: null,
  deadLetters: null,
  outbox: null,
  cronSucceededAt: null,
};
const DEPLOYMENT = { deploymentId: 'd', teamId: 't', app: 'harbor' };
const kinds = (facts: Partial<StuckFacts>) => stuckItems({ ...NOTHING, ...facts }).map(({ kind }) => kind);

test('nothing is stuck where all is well, nor where nothing could be read', () => {
  expect(stuckItems(NOTHING)).toEqual([]);
  expect(stuckItems(UNREAD)).toEqual([]);
});

const FREE: Place = { waits: true, mayStart: true, reason: null };
const waiting = (reason: string): Place => ({ waits: true, mayStart: false, reason });

test.each<[string, Place | null, string[]]>([
  ['a runner is free', FREE, ['queued_unclaimed']],
  ['no runner is online', waiting('No runner is online'), ['queued_without_runner']],
  ['no runner has its label', waiting('No online runner has the label `mac`'), ['queued_without_runner']],
  [
    'its runner lacks space',
    waiting('r has too little disk space: 1.2 GB free, 2 GiB needed'),
    ['queued_without_runner'],
  ],
  ['the instance is in maintenance', waiting('AppFlux is in maintenance'), []],
  ['the instance lacks space', waiting('The disk of this instance has only 50 MiB free'), []],
  ['its runner drains', waiting('local-1 is draining'), ['queued_without_runner']],
  [
    'its runner has no sandbox',
    waiting('mac builds without a sandbox, and this App does not ask for that by the label `host`'),
    ['queued_without_runner'],
  ],
  ['its runner is busy', waiting('The slot of runner local-1 is busy, first in line'), []],
  ['its app builds already', waiting('Another build of this App is running, and its limit is 1'), []],
  ['no pool has it', { waits: false, isOut: false }, ['queued_lost']],
  ['a runner has just taken it', { waits: false, isOut: true }, []],
  ['its pool could not be asked', null, []],
])('a deployment that is queued too long while %s', (_, place, found) => {
  const queued = (ageMs: number) => [{ ...DEPLOYMENT, createdAt: NOW - ageMs, place }];
  expect(kinds({ queued: queued(LONGEST.queued + 1) })).toEqual(found);
  expect(kinds({ queued: queued(LONGEST.queued) })).toEqual([]);
});

const BUILDING: Activity = {
  status: 'building',
  phase: 'building',
  phaseStartedAt: NOW - 10_000,
  startedAt: NOW - 20_000,
  cancelBy: null,
  leaseExpiresAt: NOW + 30_000,
  lastLineAt: NOW - 1_000,
};

test.each<[string, Partial<Activity>, string[]]>([
  ['that goes on', {}, []],
  ['whose lease has expired', { leaseExpiresAt: NOW - LONGEST.leaseOverdue - 1 }, ['lease_expired']],
  ['whose lease expires now', { leaseExpiresAt: NOW - LONGEST.leaseOverdue }, []],
  ['that is silent', { lastLineAt: NOW - LONGEST.silent - 1 }, ['build_silent']],
  ['that never said anything', { lastLineAt: null, startedAt: NOW - LONGEST.silent - 1 }, ['build_silent']],
  ['that prints little', { lastLineAt: NOW - LONGEST.silent }, []],
  ['that uploads without a line', { phase: 'uploading', lastLineAt: NOW - LONGEST.silent - 1 }, []],
  [
    'that uploads for long',
    { phase: 'uploading', phaseStartedAt: NOW - LONGEST.publishing - 1 },
    ['publishing_slow'],
  ],
  ['that was just canceled', { status: 'canceling', cancelBy: NOW - LONGEST.canceling + 60_000 }, []],
  [
    'that does not end canceling',
    { status: 'canceling', cancelBy: NOW - LONGEST.canceling + 60_000 - 1 },
    ['canceling_slow'],
  ],
  ['that has ended meanwhile', { status: 'failed', leaseExpiresAt: NOW - 1e9, lastLineAt: NOW - 1e9 }, []],
])('a build %s', (_, change, found) => {
  const activity = { ...BUILDING, ...change };
  expect(kinds({ running: [{ ...DEPLOYMENT, createdAt: 0, activity }] })).toEqual(found);
});

test('a build whose object could not be asked is not called stuck', () => {
  expect(kinds({ running: [{ ...DEPLOYMENT, createdAt: 0, activity: null }] })).toEqual([]);
});

test('a runner with a build is missed after two minutes, and unknown ones are not', () => {
  const away = (lastSeenAt: number | null) => [
    { deploymentId: 'd', teamId: 't', runner: 'local-1', lastSeenAt },
  ];
  expect(kinds({ away: away(NOW - LONGEST.runnerAway - 1) })).toEqual(['runner_offline_with_job']);
  expect(kinds({ away: away(NOW - LONGEST.runnerAway) })).toEqual([]);
  expect(kinds({ away: away(null) })).toEqual([]);
});

test.each<[string, Partial<StuckFacts>, string[]]>([
  ['uploads', { uploads: { count: 2, oldestAt: NOW - LONGEST.uploads - 1 } }, ['uploads_left']],
  ['young uploads', { uploads: { count: 2, oldestAt: NOW - LONGEST.uploads } }, []],
  ['a dead letter', { deadLetters: { count: 1, oldestAt: NOW } }, ['dead_letters']],
  ['links', { outbox: { count: 1, oldestAt: NOW - LONGEST.outbox - 1 } }, ['outbox_unsent']],
  ['a link that is being sent', { outbox: { count: 1, oldestAt: NOW } }, []],
  ['the cron', { cronSucceededAt: NOW - LONGEST.cron - 1 }, ['sweep_overdue']],
  ['a round', { roundSince: NOW - LONGEST.round - 1 }, ['sweep_overdue']],
  ['a round that goes on', { roundSince: NOW - LONGEST.round }, []],
  [
    'a round without a cron, once',
    { cronSucceededAt: NOW - LONGEST.cron - 1, roundSince: NOW - LONGEST.round - 1 },
    ['sweep_overdue'],
  ],
])('of the instance: %s', (_, facts, found) => {
  expect(kinds(facts)).toEqual(found);
});

test('what is stuck the longest comes first, with since when and about which deployment', () => {
  const items = stuckItems({
    ...NOTHING,
    queued: [{ ...DEPLOYMENT, createdAt: NOW - 600_000, place: FREE }],
    deadLetters: { count: 3, oldestAt: NOW - 900_000 },
  });
  expect(items.map(({ kind, since, deploymentId, teamId }) => [kind, since, deploymentId, teamId])).toEqual([
    ['dead_letters', '2026-11-29T11:45:00.000Z', null, null],
    ['queued_unclaimed', '2026-11-29T11:50:00.000Z', 'd', 't'],
  ]);
  expect(items[0]?.summary).toBe('3 messages could not be delivered by the queues');
});
