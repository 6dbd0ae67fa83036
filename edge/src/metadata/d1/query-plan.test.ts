/** Rows that D1 reads are billed: what analytics and searches read, and that no query of theirs reads a table in whole. */
import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, test } from 'vitest';
import { forgetAll } from '../../testing/worker.ts';
import { appRecord, deploymentRecord, memberRecord } from '../testing/sample-records.ts';
import { buildStatements, downloadStatements } from './analytics.ts';
import { repositoryStatement } from './apps.ts';
import type { Statement } from './database.ts';
import { lastEndedStatement } from './deployments.ts';
import { createD1Metadata } from './index.ts';
import {
  endedStatement,
  failedStatement,
  oldestStatement,
  phaseStatements,
  runnerStatement,
  teamStatement,
  unendedStatement,
} from './metrics.ts';

const RANGE = { from: '2026-11-01', to: '2026-11-30' };
const OF_TEAM = { ownerId: crypto.randomUUID() };
const OF_APP = { ...OF_TEAM, appId: '66f2a1c04b7e9d0012345678' };

beforeAll(forgetAll);

async function planOf({ sql, values }: Statement): Promise<string[]> {
  const plan = await env.METADATA.prepare(`EXPLAIN QUERY PLAN ${sql}`)
    .bind(...values)
    .all<{ detail: string }>();
  return plan.results.map(({ detail }) => detail);
}

describe.each([
  [
    'builds of a team',
    buildStatements(OF_TEAM, RANGE),
    'COVERING INDEX deployments_ended_of_owner (owner_id=? AND ended_on>? AND ended_on<?)',
  ],
  [
    'builds of an app',
    buildStatements(OF_APP, RANGE),
    'COVERING INDEX deployments_ended_of_app (app_id=? AND ended_on>? AND ended_on<?)',
  ],
  ['downloads of a team', downloadStatements(OF_TEAM, RANGE), 'PRIMARY KEY (owner_id=? AND day>? AND day<?)'],
  [
    'downloads of an app',
    downloadStatements(OF_APP, RANGE),
    'PRIMARY KEY (owner_id=? AND day=? AND app_id=?)',
  ],
])('%s', (_name, statements, index) => {
  test.each(statements)('are read from an index that has it all: $sql', async (statement) => {
    const plan = await planOf(statement);
    expect(plan.filter((step) => step.includes(index))).toHaveLength(1);
    const tables = plan.filter((step) => /^(?:SCAN|SEARCH) (?:deployments|downloads|apps)\b/.test(step));
    expect(tables.filter((step) => step.startsWith('SCAN'))).toEqual([]);
  });
});

const TEAMS = [OF_TEAM.ownerId, crypto.randomUUID()];

test.each([
  ['teams', teamStatement(10), 'members', 'COVERING INDEX members_of_team'],
  [
    'deployments that have not ended',
    unendedStatement(TEAMS),
    'deployments',
    // Not a covering one: whether it needs approval is in the record, and few are queued.
    'INDEX deployments_of_owner_by_status (owner_id=? AND status=?)',
  ],
  [
    'deployments that have ended',
    endedStatement(TEAMS, RANGE),
    'deployments',
    'COVERING INDEX deployments_ended_of_owner (owner_id=? AND ended_on>? AND ended_on<?)',
  ],
  [
    'the oldest that have not ended',
    oldestStatement(TEAMS, 'queued', 5),
    'deployments',
    'INDEX deployments_of_owner_by_status (owner_id=? AND status=?)',
  ],
  [
    'deployments that have failed',
    failedStatement(TEAMS, RANGE, 5),
    'deployments',
    'INDEX deployments_ended_of_owner (owner_id=? AND ended_on>? AND ended_on<?)',
  ],
  ['runners', runnerStatement(TEAMS), 'runners', 'INDEX runners_of_owner (owner_id=?)'],
  [
    'phases',
    phaseStatements(TEAMS, 5)[0],
    'deployments',
    'INDEX deployments_of_owner_by_status (owner_id=? AND status=?)',
  ],
])('metrics search an index for %s', async (_name, statement, table, index) => {
  if (statement === undefined) throw new Error('There is a statement for each team');
  const plan = await planOf(statement);
  const steps = plan.filter((step) => new RegExp(`^(?:SCAN|SEARCH) ${table}\\b`).test(step));
  expect(steps.length).toBeGreaterThan(0);
  for (const step of steps) expect(step).toContain(index);
  expect(steps.filter((step) => step.startsWith('SCAN'))).toEqual([]);
});

const BEFORE = {
  appId: OF_APP.appId,
  environment: 'production',
  before: '2026-11-30T00:00:00.000Z',
} as const;

test.each([
  ['the last one that ended in an environment', lastEndedStatement(BEFORE), 'deployments_of_environment'],
  ['the last one of a branch', lastEndedStatement({ ...BEFORE, branch: 'main' }), 'deployments_of_branch'],
  [
    'skipped deployments of an app',
    {
      sql: 'SELECT * FROM deployments WHERE app_id = ? AND skipped = 1 ORDER BY created_at DESC, id DESC LIMIT 31',
      values: [OF_APP.appId],
    },
    'deployments_skipped',
  ],
  [
    'schedules that are due',
    {
      sql: 'SELECT * FROM apps WHERE schedule_due_at <= ? ORDER BY schedule_due_at LIMIT ?',
      values: ['x', 60],
    },
    'apps_schedule_due',
  ],
])('%s: read from where it begins, and not sorted', async (_name, statement, index) => {
  expect(await planOf(statement)).toEqual([expect.stringContaining(`USING INDEX ${index} `)]);
});

test('the apps of a repository are searched by its key and its id', async () => {
  const plan = await planOf(repositoryStatement(OF_APP.ownerId, { repoKey: 'x', repositoryId: 'github:1' }));
  const steps = plan.filter((step) => /^(?:SCAN|SEARCH) apps\b/.test(step));
  expect(steps).toEqual([
    expect.stringContaining('INDEX apps_of_repository_id '),
    expect.stringContaining('INDEX apps_of_repository '),
  ]);
});

test('the teams are found by one look-up each, however many members they have', async () => {
  const { members } = createD1Metadata(env.METADATA);
  for (const teamId of [crypto.randomUUID(), crypto.randomUUID()])
    for (let member = 0; member < 20; member += 1)
      await members.insert(memberRecord({ teamId, role: member === 0 ? 'owner' : 'viewer' }));
  const { sql, values } = teamStatement(100);
  const found = await env.METADATA.prepare(sql)
    .bind(...values)
    .all();
  expect(found.results).toHaveLength(2);
  expect(found.meta.rows_read).toBeLessThanOrEqual(12);
});

test('analytics read each row of a team once for its days, and twice for its apps', async () => {
  const metadata = createD1Metadata(env.METADATA);
  const apps = Array.from({ length: 10 }, () => appRecord(OF_TEAM));
  for (const app of apps) {
    await metadata.apps.insert(app);
    for (let build = 0; build < 20; build += 1) {
      const finishedAt = `2026-11-${String(build + 1).padStart(2, '0')}T10:00:00.000Z`;
      const record = deploymentRecord(app, {
        status: 'success',
        startedAt: finishedAt,
        finishedAt,
        durationSeconds: build,
      });
      await metadata.deployments.project(record, 1);
    }
  }
  const read = async ({ sql, values }: Statement) =>
    (
      await env.METADATA.prepare(sql)
        .bind(...values)
        .all()
    ).meta.rows_read;
  const [days, top] = buildStatements(OF_TEAM, RANGE);
  if (days === undefined || top === undefined) throw new Error('There are two statements');
  expect(await read(days)).toBe(200);
  // From the index, then sorted by app; ten apps are sorted and looked up.
  expect(await read(top)).toBeLessThanOrEqual(2 * 200 + 10 * 4);
  const own = buildStatements({ ...OF_TEAM, appId: apps[0]?.id ?? '' }, RANGE);
  for (const statement of own) expect(await read(statement)).toBeLessThanOrEqual(2 * 20 + 5);
});
