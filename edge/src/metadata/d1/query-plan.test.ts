/** Rows that D1 reads are billed: what analytics and searches read, and that no query of theirs reads a table in whole. */
import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, test } from 'vitest';
import { forgetAll } from '../../testing/worker.ts';
import { appRecord, deploymentRecord, memberRecord } from '../testing/sample-records.ts';
import { buildStatement, downloadStatements } from './analytics.ts';
import { recentStatements } from './app-lists.ts';
import { repositoryStatement } from './apps.ts';
import { archivableStatement } from './archive.ts';
import type { Statement } from './database.ts';
import { endedListStatement } from './deployment-summaries.ts';
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
    [buildStatement(OF_TEAM, RANGE)],
    'PRIMARY KEY (owner_id=? AND app_id=? AND day>? AND day<?)',
  ],
  [
    'builds of an app',
    [buildStatement(OF_APP, RANGE)],
    'PRIMARY KEY (owner_id=? AND app_id=? AND day>? AND day<?)',
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
    const tables = plan.filter((step) =>
      /^(?:SCAN|SEARCH) (?:deployments|downloads|build_days|apps)\b/.test(step),
    );
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
    'build_days',
    'PRIMARY KEY (owner_id=? AND app_id=? AND day>? AND day<?)',
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
    'INDEX deployments_by_end (owner_id=? AND ended_at>? AND ended_at<?)',
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
    'deployments of a team by their end',
    endedListStatement(OF_TEAM.ownerId, { at: '2026-11-30T00:00:00.000Z', id: OF_APP.appId }, 31),
    'deployments_by_end',
  ],
  ['the last ends of a team', endedListStatement(OF_TEAM.ownerId, null, 31), 'deployments_by_end'],
  ...(
    [
      ['owner_id = ? AND creator = ?', 'deployments_of_owner_by_creator'],
      ['owner_id = ? AND branch = ?', 'deployments_of_owner_by_branch'],
      ['owner_id = ? AND environment = ?', 'deployments_of_owner_by_environment'],
      // As lists of an app say it.
      ['+owner_id = ? AND app_id = ?', 'deployments_of_app'],
      ['+owner_id = ? AND app_id = ? AND creator = ?', 'deployments_of_app_by_creator'],
      ['+owner_id = ? AND app_id = ? AND branch = ?', 'deployments_of_branch'],
      ['+owner_id = ? AND app_id = ? AND environment = ?', 'deployments_of_environment'],
    ] as const
  ).map(([where, index]): [string, Statement, string] => [
    `deployments where ${where}`,
    {
      sql: `SELECT * FROM deployments WHERE ${where} ORDER BY created_at DESC, id DESC LIMIT 31`,
      values: where
        .split('?')
        .slice(1)
        .map(() => 'x'),
    },
    index,
  ]),
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

test.each(recentStatements([OF_APP.appId]))(
  'what happened to apps last is searched by app: $sql',
  async (statement) => {
    const plan = await planOf(statement);
    const steps = plan.filter((step) => /^(?:SCAN|SEARCH) (?:deployments|own)\b/.test(step));
    expect(steps).toEqual([
      expect.stringMatching(/^SEARCH deployments USING INDEX sqlite_autoindex_deployments_1 \(id=\?\)/),
      expect.stringMatching(
        /^SEARCH own USING (?:COVERING )?INDEX deployments_of_app(?:_by_status)? \(app_id=\?/,
      ),
    ]);
    expect(plan.filter((step) => step.includes('TEMP B-TREE'))).toEqual([]);
  },
);

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

test('analytics read one row for each day, of a team as of an app', async () => {
  const metadata = createD1Metadata(env.METADATA);
  const apps = Array.from({ length: 10 }, () => appRecord(OF_TEAM));
  for (const app of apps) {
    await metadata.apps.insert(app);
    for (let build = 0; build < 20; build += 1) {
      const finishedAt = `2026-11-${String((build % 10) + 1).padStart(2, '0')}T10:00:00.000Z`;
      const record = deploymentRecord(app, {
        status: 'success',
        startedAt: finishedAt,
        finishedAt,
        durationSeconds: build,
      });
      await metadata.deployments.project(record, 1);
    }
  }
  for (const scope of [OF_TEAM, { ...OF_TEAM, appId: apps[0]?.id ?? '' }]) {
    const { sql, values } = buildStatement(scope, RANGE);
    const { meta } = await env.METADATA.prepare(sql)
      .bind(...values)
      .all();
    // And where the range ends.
    expect(meta.rows_read).toBeLessThanOrEqual(10 + 1);
  }
});

test('what may be archived is found by an index of nothing else', async () => {
  const [first, ...others] = await planOf(archivableStatement(OF_APP.appId, RANGE.to, null, 60));
  expect(first).toContain('SEARCH deployments USING INDEX deployments_to_archive (app_id=?');
  expect(others.filter((step) => step.startsWith('SCAN'))).toEqual([]);
});
