import type { Deployment, Runner, SizeBudgetResult } from '@appflux/protocol';
import { describe, expect, test } from 'vitest';
import { attentionOf, type TeamFacts } from './attention.ts';

const NOW = Date.parse('2026-11-30T12:00:00.000Z');
const ago = (ms: number) => new Date(NOW - ms).toISOString();
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const APP = { slug: 'docs', name: 'Docs' };

const runner = (over: Partial<Runner> = {}): Runner => ({
  id: '66f2a1c04b7e9d0012345678',
  name: 'local-1',
  labels: ['linux'],
  slots: 2,
  busy: 0,
  version: '1.2.0',
  status: 'online',
  lastSeenAt: ago(1000),
  createdAt: ago(DAY),
  ...over,
});

const facts = (over: Partial<TeamFacts> = {}): TeamFacts => ({
  now: NOW,
  version: '1.2.0',
  running: [],
  runners: [runner()],
  online: [],
  domains: [],
  overBudget: [],
  tokens: [],
  disk: null,
  ...over,
});

const kinds = (over: Partial<TeamFacts>) => attentionOf(facts(over)).map(({ kind }) => kind);

test('a team in which all is well needs nobody', () => {
  expect(attentionOf(facts({ disk: { freeBytes: 9, minFreeBytes: 9 } }))).toEqual([]);
});

describe('runners', () => {
  const spare = runner({ id: '66f2a1c04b7e9d0012345679', name: 'spare' });
  const away = (ms: number | null) => ({
    runners: [runner(), { ...spare, status: 'offline' as const, lastSeenAt: ms === null ? null : ago(ms) }],
  });

  test.each([
    ['restarts', 4 * MINUTE, []],
    ['went away', 6 * MINUTE, ['runner_offline']],
    ['is away since last week', 13 * DAY, ['runner_offline']],
    ['was not meant to come back', 15 * DAY, []],
    ['never connected', null, []],
  ])('one that %s', (_name, ms, expected) => {
    expect(kinds(away(ms))).toEqual(expected);
  });

  test('none that takes builds, however many there are', () => {
    expect(kinds({ runners: [] })).toEqual(['no_runner']);
    expect(attentionOf(facts({ runners: [runner({ status: 'draining' })] }))).toEqual([
      { kind: 'no_runner', registered: 1 },
    ]);
    // Unknown is not none.
    expect(kinds({ runners: null })).toEqual([]);
  });

  test('one that is older than the control plane, and none that is newer or of a version unheard of', () => {
    expect(kinds({ runners: [runner({ version: '1.1.9' })] })).toEqual(['runner_outdated']);
    for (const version of ['1.2.0', '1.3.0', 'unknown'])
      expect(kinds({ runners: [runner({ version })] })).toEqual([]);
  });

  test('one that asks for more than it is registered for, and none that uses less', () => {
    const announced = (slots: number) => ({ labels: ['linux'], slots, executor: 'docker' as const });
    expect(kinds({ runners: [runner({ announced: announced(4) })] })).toEqual(['runner_asks_more']);
    expect(kinds({ runners: [runner({ announced: announced(1) })] })).toEqual([]);
  });

  test('one without disk space', () => {
    const disk = { freeBytes: 1, totalBytes: 9, minFreeBytes: 2, low: true };
    const { id } = runner();
    expect(kinds({ online: [{ id, disk }] })).toEqual(['runner_disk']);
    expect(kinds({ online: [{ id, disk: { ...disk, low: false } }] })).toEqual([]);
  });
});

test('approvals, of what still waits for one', () => {
  const held = {
    id: '66f2a1c04b7e9d001234567a',
    app: APP,
    number: 3,
    status: 'queued',
    approval: { state: 'required', by: null },
    commitMessage: null,
    pullRequest: { title: 'Add a page' } as Deployment['pullRequest'],
    createdAt: ago(HOUR),
  } satisfies TeamFacts['running'][number];
  expect(attentionOf(facts({ running: [held] }))).toMatchObject([{ kind: 'approval', title: 'Add a page' }]);
  expect(kinds({ running: [{ ...held, approval: { state: 'approved', by: 'ada' } }] })).toEqual([]);
  expect(kinds({ running: [{ ...held, status: 'building' }] })).toEqual([]);
  expect(kinds({ running: [{ ...held, approval: null }] })).toEqual([]);
});

test.each([
  ['failed', MINUTE, ['domain']],
  ['pending', 59 * MINUTE, []],
  ['pending', 61 * MINUTE, ['domain']],
  ['active', DAY, []],
] as const)('a domain that is %s since %d ms', (status, ms, expected) => {
  expect(
    kinds({ domains: [{ host: 'a.example', status, error: null, createdAt: ago(ms), app: APP }] }),
  ).toEqual(expected);
});

test.each([
  ['never expires', null, []],
  ['expires in months', -90 * DAY, []],
  ['expires this week', -6 * DAY, ['token']],
  ['expired yesterday', DAY, ['token']],
  ['expired long ago', 8 * DAY, []],
])('a token that %s', (_name, ms, expected) => {
  const expiresAt = ms === null ? null : ago(ms);
  expect(kinds({ tokens: [{ id: '66f2a1c04b7e9d001234567b', name: 'CI', expiresAt }] })).toEqual(expected);
});

test('releases that exceed size budgets, with those that they exceed', () => {
  const result = (outcome: 'passed' | 'warned', what: 'js' | 'css'): SizeBudgetResult => ({
    ...{ what, limit: 1, compression: 'gzip', on: 'warn' },
    ...{ bytes: 2, files: 1, before: null, outcome, largest: [] },
  });
  const budgets = [result('warned', 'js'), result('passed', 'css')];
  const deploymentId = '66f2a1c04b7e9d001234567c';
  expect(attentionOf(facts({ overBudget: [{ app: APP, deploymentId, budgets }] }))).toEqual([
    { kind: 'size_budget', app: APP, deploymentId, exceeded: ['JavaScript (gzip)'] },
  ]);
});

test('what stops every build comes first', () => {
  expect(
    kinds({
      disk: { freeBytes: 1, minFreeBytes: 2 },
      runners: [],
      tokens: [{ id: '66f2a1c04b7e9d001234567b', name: 'CI', expiresAt: ago(0) }],
    }),
  ).toEqual(['instance_disk', 'no_runner', 'token']);
});
