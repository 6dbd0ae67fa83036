import { applyD1Migrations, type D1Migration, reset } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { AppFluxError, DEFAULT_TRIGGERS, isAppFluxError, repoKeyOf } from '@appflux/protocol';
import { describe, expect, test } from 'vitest';
import { forgetAll } from '../../testing/worker.ts';
import type { AppRecord, DeploymentRecord } from '../metadata.ts';
import { newObjectId } from '../object-id.ts';
import { metadataContract } from '../testing/contract.ts';
import { appRecord, auditRecord, deploymentRecord, kept } from '../testing/sample-records.ts';
import { createD1Metadata } from './index.ts';
import { comesAfter, newestFirst } from './list.ts';

metadataContract('D1', async () => {
  await forgetAll();
  return createD1Metadata(env.METADATA);
});

/** A D1 whose every statement fails as the real one did when its message was seen. */
function failing(message: string): D1Database {
  const fail = () => Promise.reject(new Error(message));
  const statement = { bind: () => statement, run: fail, all: fail };
  return { prepare: () => statement, batch: fail } as unknown as D1Database;
}

test.each(['D1_ERROR: Network connection lost.', 'D1_ERROR: D1 DB is overloaded. Too many requests queued.'])(
  'a database that does not answer is `unavailable`, and says when to try again: %s',
  async (message) => {
    const { users, secrets, apps } = createD1Metadata(failing(message));
    for (const asked of [users.owner(), secrets.keep('a', 'b'), apps.insert(appRecord())]) {
      const refusal = await asked.catch((error: unknown) => error);
      expect(refusal).toBeInstanceOf(AppFluxError);
      expect(refusal).toMatchObject({ code: 'unavailable', retryAfterSeconds: 2 });
      expect((refusal as Error).cause).toEqual(new Error(message));
    }
  },
);

test('a database without its migrations is not well', async () => {
  await reset();
  await expect(createD1Metadata(env.METADATA).ping()).rejects.toThrow('no such table');
  await forgetAll();
});

test('a deployment that was kept before uploads had names has none', async () => {
  const { apps, deployments } = createD1Metadata(env.METADATA);
  const app = appRecord();
  await apps.insert(app);
  const { uploadName: _, ...old } = deploymentRecord(app);
  await deployments.project(old as ReturnType<typeof deploymentRecord>, 1);
  expect(await deployments.byId(old.id)).toMatchObject({ uploadName: null });
});

test('a second app with the same id is a fault of ours, not an outage', async () => {
  const { apps } = createD1Metadata(env.METADATA);
  const app = appRecord();
  await apps.insert(app);
  const fault = await apps.insert({ ...app, slug: 'another' }).catch((error: unknown) => error);
  expect(fault).toBeInstanceOf(Error);
  expect(isAppFluxError(fault)).toBe(false);
});

test.each([
  ['members', 'user_id = ?', 'created_at, id', 'members_of_user'],
  ['runners', 'owner_id = ?', newestFirst('runners'), 'runners_of_owner'],
  ['uploads', 'completed = 0 AND created_at < ?', 'created_at', 'uploads_begun'],
])('no list is read in whole or sorted: %s where %s', async (table, where, order, index) => {
  expect(await stepsOf(`SELECT * FROM ${table} WHERE ${where} ORDER BY ${order}`)).toEqual([
    expect.stringContaining(`INDEX ${index} `),
  ]);
});

test.each([
  ['apps', ['owner_id'], 'apps_of_owner'],
  ['deployments', ['owner_id'], 'deployments_of_owner'],
  ['deployments', ['owner_id', 'status'], 'deployments_of_owner_by_status'],
  ['deployments', ['app_id'], 'deployments_of_app'],
  ['deployments', ['owner_id', 'app_id', 'status'], 'deployments_of_app_by_status'],
  ['deployments', ['app_id', 'pull_request'], 'deployments_of_pull_request'],
  ['deployments', ['app_id', 'branch'], 'deployments_of_branch'],
  ['deployments', ['app_id', 'environment'], 'deployments_of_environment'],
  ['tokens', ['owner_id', 'kind'], 'tokens_of_owner'],
  ['tokens', ['kind', 'app_id'], 'tokens_of_app'],
  ['tokens', ['owner_id', 'kind', 'created_by'], 'tokens_of_creator'],
  ['members', ['team_id'], 'members_of_team'],
  ['audit', ['owner_id'], 'audit_of_owner'],
] as const)(
  'a page of %s by %s is read from where it begins, and not sorted',
  async (table, where, index) => {
    const narrowed = where.map((column) => `${column} = ?`).join(' AND ');
    const order = `ORDER BY ${newestFirst(table)}`;
    const [first] = await stepsOf(`SELECT * FROM ${table} WHERE ${narrowed} ${order}`);
    expect(first).toContain(`INDEX ${index} `);
    const steps = await stepsOf(`SELECT * FROM ${table} WHERE ${narrowed} AND ${comesAfter(table)} ${order}`);
    expect(steps).toEqual([expect.stringMatching(new RegExp(`INDEX ${index} .*,id\\)<\\(\\?,\\?\\)`))]);
  },
);

/** How SQLite would carry a query out. */
async function stepsOf(sql: string): Promise<string[]> {
  const marks = sql.split('?').length - 1;
  const plan = await env.METADATA.prepare(`EXPLAIN QUERY PLAN ${sql}`)
    .bind(...Array.from({ length: marks }, () => 'x'))
    .all<{ detail: string }>();
  return plan.results.map(({ detail }) => detail);
}

describe('a database of an earlier version', () => {
  const [before, migration] = splitAt(env.MIGRATIONS, '0011_creation_order.sql');

  test('keeps its deployments and its audit log, in the order in which they were made', async () => {
    await reset();
    await applyD1Migrations(env.METADATA, before);
    const app = appRecord();
    // As ids of two isolates were, within one second: the later one sorts first.
    const [older, newer] = ['69060a80ffffffffff000001', '69060a800000000000000001'].map((id, index) =>
      deploymentRecord(app, { id, createdAt: `2026-11-01T12:00:00.${index}00Z`, status: 'success' }),
    ) as [DeploymentRecord, DeploymentRecord];
    const entries = [older, newer].map(({ id, ownerId, createdAt: at }) => auditRecord({ id, ownerId, at }));
    await env.METADATA.batch([
      ...[older, newer].map((record) =>
        env.METADATA.prepare(
          `INSERT INTO deployments (id, app_id, owner_id, status, seq, record) VALUES (?, ?, ?, 'success', 1, ?)`,
        ).bind(record.id, app.id, app.ownerId, JSON.stringify(record)),
      ),
      ...entries.map((entry) =>
        env.METADATA.prepare('INSERT INTO audit (id, owner_id, record) VALUES (?, ?, ?)').bind(
          entry.id,
          entry.ownerId,
          JSON.stringify(entry),
        ),
      ),
    ]);

    await applyD1Migrations(env.METADATA, [...before, ...migration]);
    const metadata = createD1Metadata(env.METADATA);
    const { items } = await metadata.deployments.list({ ownerId: app.ownerId }, { limit: 10 });
    expect(items).toEqual([kept(newer), kept(older)]);
    expect((await metadata.audit.list(app.ownerId, { limit: 10 })).items).toEqual(entries.toReversed());
    // The cursor that this version gave after the first of them.
    const rest = await metadata.deployments.list({ ownerId: app.ownerId }, { limit: 10, cursor: newer.id });
    expect(rest).toEqual({ items: [kept(older)], nextCursor: null });
  });

  test('gets its place in the list with its end, when that version ran on while it was migrated', async () => {
    await forgetAll();
    const metadata = createD1Metadata(env.METADATA);
    const app = appRecord();
    await metadata.apps.insert(app);
    const [first, second] = [deploymentRecord(app), deploymentRecord(app)];
    await metadata.deployments.project(first, 1);
    await metadata.deployments.project(second, 1);
    await env.METADATA.prepare("UPDATE deployments SET created_at = '' WHERE id = ?").bind(second.id).run();
    const finishedAt = '2026-11-02T12:00:00.000Z';
    await metadata.deployments.project({ ...second, status: 'failed', finishedAt }, 2);
    const { items } = await metadata.deployments.list({ ownerId: app.ownerId }, { limit: 10 });
    expect(items.map(({ id }) => id)).toEqual([second.id, first.id]);
  });
});

describe('apps and deployments of a version without triggers', () => {
  const [before, migration] = splitAt(env.MIGRATIONS, '0022_triggers.sql');

  test('get their repository’s key, as the code would, their number and what lists are narrowed by', async () => {
    await reset();
    await applyD1Migrations(env.METADATA, before);
    const urls = [
      'https://git.example/Team/App.git',
      'http://git.example/team/app',
      'https://git.example:443/team/app/',
      'http://git.example:80/team/app.git/',
      'https://git.example:3000/team/app.git',
      'http://git.example:443/team/app',
      'https://git.example/group/sub/app.GIT?ref=x#y',
      'https://git.example',
      'https://git.example/',
      'HTTPS://GIT.EXAMPLE/a.git.git',
    ];
    const sources: object[] = urls.map((repoUrl) => ({
      provider: 'git',
      repoUrl,
      branch: 'main',
      rootDirectory: './',
    }));
    sources.push({ provider: 'upload', rootDirectory: './' });
    const apps = sources.map((source) => ({ ...appRecord(), source }));
    for (const { id, ownerId, name, slug, source, build, createdAt } of apps) {
      await env.METADATA.prepare(
        `INSERT INTO apps (id, owner_id, name, slug, source, build, env_vars, created_at, builds)
         VALUES (?, ?, ?, ?, ?, ?, '{}', ?, 3)`,
      )
        .bind(id, ownerId, name, slug, JSON.stringify(source), JSON.stringify(build), createdAt)
        .run();
    }
    const [app] = apps as unknown as [AppRecord];
    const {
      number: _,
      creator: __,
      pullRequest: ___,
      skipped: ____,
      approval: _____,
      ...rest
    } = deploymentRecord(app);
    const { tag: ______, waiting: _______, ...old } = rest;
    const records = [2, 1].map((second) => ({
      ...old,
      id: newObjectId(),
      branch: `branch-${second}`,
      createdAt: `2026-11-01T12:00:0${second}.000Z`,
    }));
    for (const record of records) {
      await env.METADATA.prepare(
        `INSERT INTO deployments (id, app_id, owner_id, status, seq, record, created_at)
         VALUES (?, ?, ?, 'queued', 1, ?, ?)`,
      )
        .bind(record.id, app.id, app.ownerId, JSON.stringify(record), record.createdAt)
        .run();
    }

    await applyD1Migrations(env.METADATA, [...before, ...migration]);
    const metadata = createD1Metadata(env.METADATA);
    const keys = await Promise.all(apps.map(async ({ id }) => (await metadata.apps.byId(id))?.repoKey));
    expect(keys).toEqual([...urls.map(repoKeyOf), null]);
    expect(keys).toContain('git.example:3000/team/app');
    expect(await metadata.apps.byId(app.id)).toMatchObject({
      source: { depth: 1 },
      triggers: DEFAULT_TRIGGERS,
      schedules: [],
      scheduleDueAt: null,
      repositoryId: null,
    });
    const { items } = await metadata.deployments.list({ ownerId: app.ownerId }, { limit: 10 });
    expect(items.map(({ number, branch }) => [number, branch])).toEqual([
      [2, 'branch-2'],
      [1, 'branch-1'],
    ]);
    expect(items[0]).toMatchObject({
      creator: null,
      pullRequest: null,
      skipped: null,
      approval: null,
      tag: null,
    });
    const narrowed = {
      ownerId: app.ownerId,
      appId: app.id,
      branch: 'branch-1',
      environment: 'production',
    } as const;
    expect((await metadata.deployments.list(narrowed, { limit: 10 })).items).toHaveLength(1);
    // Events of the old version that are still on their way have no number; those of the new one do.
    const [later] = records;
    if (later === undefined) throw new Error('there is no record');
    await metadata.deployments.project(later as unknown as DeploymentRecord, 2);
    expect((await metadata.deployments.byId(later.id))?.number).toBe(2);
    await metadata.deployments.project({ ...deploymentRecord(app), ...later, number: 7 }, 3);
    expect((await metadata.deployments.byId(later.id))?.number).toBe(7);
    // Another build has a number of its own.
    expect(await metadata.apps.nextBuildNumber(app.id)).toBe(4);
    await forgetAll();
  });
});

function splitAt(migrations: readonly D1Migration[], name: string): [D1Migration[], D1Migration[]] {
  const at = migrations.findIndex((migration) => migration.name === name);
  return [migrations.slice(0, at), migrations.slice(at)];
}
