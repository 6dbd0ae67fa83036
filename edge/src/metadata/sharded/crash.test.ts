/** What a crash between two databases leaves behind, and that what comes again mends it. */
import { beforeEach, describe, expect, test } from 'vitest';
import { createD1Metadata } from '../d1/index.ts';
import type { DeploymentRecord, Metadata } from '../metadata.ts';
import { appRecord, deploymentRecord } from '../testing/sample-records.ts';
import { createShardedMetadata } from './index.ts';
import { breaking, type Moment } from './testing/breaking.ts';
import { DATABASES, emptyDatabases } from './testing/databases.ts';

beforeEach(emptyDatabases);

const [directory, , other] = DATABASES;
const inOther = (databases: typeof DATABASES = DATABASES): Metadata =>
  createShardedMetadata(databases, () => 2);

/** How often something can fail: once for each call that it makes of a database. */
async function callsOf(work: (metadata: Metadata) => Promise<unknown>): Promise<number> {
  const counted = breaking(DATABASES, 0, 'before');
  await work(inOther(counted.databases));
  return counted.calls();
}

/** Does something whose call number `at` fails, and gives whether it failed. */
async function failing(
  at: number,
  moment: Moment,
  work: (metadata: Metadata) => Promise<unknown>,
): Promise<boolean> {
  const { databases } = breaking(DATABASES, at, moment);
  return work(inOther(databases)).then(
    () => false,
    () => true,
  );
}

const rowsIn = async (database: D1Database, table: string): Promise<number> =>
  (await database.prepare(`SELECT count(*) AS rows FROM ${table}`).first<number>('rows')) ?? 0;

const success = (record: DeploymentRecord): DeploymentRecord => ({
  ...record,
  status: 'success',
  startedAt: '2026-11-01T12:00:05.000Z',
  finishedAt: '2026-11-02T12:00:00.000Z',
  durationSeconds: 42,
});

describe.each<Moment>(['before', 'after'])('when the connection is lost %s a statement', (moment) => {
  test('a first success becomes the release once, whichever call fails, and is counted once', async () => {
    const calls = await callsOf(async (metadata) => {
      const app = appRecord();
      await metadata.apps.insert(app);
      await metadata.deployments.project(success(deploymentRecord(app)), 2);
    });
    expect(calls).toBeGreaterThan(6);
    for (let at = 1; at <= calls; at++) {
      const metadata = inOther();
      const app = appRecord();
      await metadata.apps.insert(app);
      const older = success(deploymentRecord(app));
      const newer = success(deploymentRecord(app));
      await metadata.deployments.project(older, 2);
      await failing(at, moment, (broken) => broken.deployments.project(newer, 2));
      await metadata.deployments.project(newer, 2);
      expect(await metadata.apps.byId(app.id)).toMatchObject({
        release: newer.id,
        previousRelease: older.id,
      });
      const range = { from: '2026-11-02', to: '2026-11-02' };
      expect((await metadata.analytics.builds({ ownerId: app.ownerId }, range)).days).toMatchObject([
        { success: 2 },
      ]);
      expect(await rowsIn(other, 'pending_releases')).toBe(0);
    }
  });

  test('a rollback stays when the success that it replaced is delivered again', async () => {
    const metadata = inOther();
    for (let at = 1; at <= 8; at++) {
      const app = appRecord();
      await metadata.apps.insert(app);
      const older = success(deploymentRecord(app));
      const newer = success(deploymentRecord(app));
      await metadata.deployments.project(older, 2);
      await failing(at, moment, (broken) => broken.deployments.project(newer, 2));
      const isReleased = (await metadata.apps.byId(app.id))?.release === newer.id;
      if (!isReleased) continue;
      await metadata.apps.release(app.id, {
        deploymentId: older.id,
        at: '2026-11-03T00:00:00.000Z',
        detectedType: null,
      });
      await metadata.deployments.project(newer, 2);
      expect((await metadata.apps.byId(app.id))?.release).toBe(older.id);
    }
  });

  test('of a deleted app nothing is left, and its late events are not kept', async () => {
    const app = appRecord();
    const record = deploymentRecord(app);
    const calls = await callsOf(async (metadata) => {
      await metadata.apps.insert(app);
      await metadata.apps.delete(app.id);
    });
    for (let at = 1; at <= calls; at++) {
      await emptyDatabases();
      const metadata = inOther();
      await metadata.apps.insert(app);
      await metadata.deployments.project(record, 1);
      await failing(at, moment, (broken) => broken.apps.delete(app.id));
      if ((await metadata.apps.byId(app.id)) !== null) continue;
      await metadata.removeExpired('2026-11-05T00:00:00.000Z', '2026-01-01T00:00:00.000Z');
      expect(await metadata.deployments.project({ ...record, status: 'building' }, 2)).toBe(false);
      expect(await metadata.deployments.byId(record.id)).toBe(null);
      for (const table of ['apps', 'deployments', 'build_days']) expect(await rowsIn(other, table)).toBe(0);
      expect(await rowsIn(directory, 'app_removals')).toBe(0);
    }
  });

  test('an app that is there has what its deployments need', async () => {
    const calls = await callsOf((metadata) => metadata.apps.insert(appRecord()));
    let kept = 0;
    for (let at = 1; at <= calls + 1; at++) {
      const app = appRecord();
      await failing(at, moment, (broken) => broken.apps.insert(app));
      const metadata = inOther();
      if ((await metadata.apps.byId(app.id)) === null) continue;
      kept += 1;
      expect(await metadata.deployments.project(deploymentRecord(app), 1)).toBe(true);
    }
    expect(kept).toBeGreaterThan(0);
  });

  test('deployments that are deleted again are gone with the URLs of their branches', async () => {
    const calls = 8;
    for (let at = 1; at <= calls; at++) {
      const metadata = inOther();
      const app = appRecord();
      await metadata.apps.insert(app);
      const record = success(deploymentRecord(app));
      await metadata.deployments.project(record, 1);
      const label = `branch-${at}`;
      const alias = {
        label,
        appId: app.id,
        branch: 'main',
        deploymentId: record.id,
        createdAt: record.createdAt,
      };
      await metadata.sites.point(alias);
      expect((await metadata.sites.byLabel(label))?.deployment.id).toBe(record.id);
      await failing(at, moment, (broken) => broken.deployments.delete([record.id]));
      if ((await metadata.deployments.byId(record.id)) !== null)
        await metadata.deployments.delete([record.id]);
      expect(await metadata.sites.byLabel(label)).toBe(null);
      expect(await rowsIn(directory, 'site_aliases')).toBe(0);
    }
  });
});

test('a slug that is taken leaves nothing behind', async () => {
  const metadata = inOther();
  const app = appRecord();
  await metadata.apps.insert(app);
  await expect(metadata.apps.insert(appRecord({ slug: app.slug }))).rejects.toMatchObject({
    code: 'slug_taken',
  });
  expect(await rowsIn(other, 'apps')).toBe(1);
});

test('teams that had only one database stay in it, with all that they have', async () => {
  const single = createD1Metadata(directory);
  const app = appRecord();
  await single.apps.insert(app);
  const record = success(deploymentRecord(app));
  await single.deployments.project(record, 2);
  const metadata = inOther();
  expect((await metadata.deployments.list({ ownerId: app.ownerId }, { limit: 10 })).items).toMatchObject([
    { id: record.id },
  ]);
  const next = success(deploymentRecord(app));
  await metadata.deployments.project(next, 1);
  expect(await single.deployments.byId(next.id)).not.toBe(null);
  expect((await metadata.apps.byId(app.id))?.release).toBe(next.id);

  const young = appRecord();
  await metadata.apps.insert(young);
  const first = deploymentRecord(young);
  await metadata.deployments.project(first, 1);
  expect(await single.deployments.byId(first.id)).toBe(null);
  expect(await metadata.deployments.byId(first.id)).toMatchObject({ id: first.id });
  expect(await rowsIn(other, 'deployments')).toBe(1);
});
