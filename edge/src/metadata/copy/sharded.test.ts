import { beforeEach, expect, test } from 'vitest';
import { newObjectId } from '../object-id.ts';
import { createShardedMetadata } from '../sharded/index.ts';
import { DATABASES, emptyDatabases } from '../sharded/testing/databases.ts';
import { appRecord, auditRecord, deploymentRecord } from '../testing/sample-records.ts';
import { COLLECTIONS, type Collection, copyCollection, digestOf } from './copy.ts';
import { d1Copyable, unfinishedIn } from './d1.ts';
import { shardedCopyable } from './sharded.ts';

beforeEach(emptyDatabases);

const whole = () => {
  const [directory, ...others] = DATABASES.map(d1Copyable);
  if (directory === undefined) throw new Error('there are three databases');
  return shardedCopyable(directory, others);
};

test('what is in several databases is read as from one, and written into the first one again', async () => {
  let assigned = 0;
  const metadata = createShardedMetadata(DATABASES, () => assigned++ % DATABASES.length);
  const apps = Array.from({ length: 6 }, () => appRecord());
  const ids: string[] = [];
  for (const app of apps) {
    await metadata.apps.insert(app);
    for (let made = 0; made < 5; made++) {
      const record = deploymentRecord(app, {
        status: 'success',
        startedAt: '2026-11-01T12:00:05.000Z',
        finishedAt: '2026-11-02T12:00:00.000Z',
        durationSeconds: 42,
      });
      await metadata.deployments.project(record, 1);
      const counts = ['ü.zip', 'z.zip', '\u{1f600}.zip', '\u{ff5e}.zip'].map((artifact) => ({
        ...{ appId: app.id, deploymentId: record.id, artifact, day: '2026-11-02', count: 1 },
      }));
      await metadata.downloads.add(newObjectId(), counts);
      ids.push(record.id);
    }
    await metadata.audit.append(auditRecord({ ownerId: app.ownerId }));
  }

  const source = whole();
  const walked: string[] = [];
  for (let after: string | null = null; ; ) {
    const page = await source.page('deployments', after, 7);
    if (page.length === 0) break;
    walked.push(...page.map(({ id }) => id));
    after = page.at(-1)?.id ?? null;
  }
  expect(walked).toEqual([...ids].sort());
  // Stubs of apps are none.
  expect((await digestOf(source, 'apps')).count).toBe(6);

  const taken = new Map<Collection, Awaited<ReturnType<typeof source.page>>>();
  const before = new Map<Collection, Awaited<ReturnType<typeof digestOf>>>();
  for (const collection of COLLECTIONS) {
    before.set(collection, await digestOf(source, collection));
    taken.set(collection, await source.page(collection, null, 1000));
  }
  await emptyDatabases();
  const target = whole();
  for (const [collection, records] of taken) if (records.length > 0) await target.put(collection, records);
  for (const collection of COLLECTIONS)
    expect([collection, await digestOf(target, collection)]).toEqual([collection, before.get(collection)]);

  // Teams stay where they were copied to.
  const copied = createShardedMetadata(DATABASES, () => 2);
  const [app = appRecord()] = apps;
  expect((await copied.deployments.list({ ownerId: app.ownerId }, { limit: 10 })).items).toHaveLength(5);
  const { from, to } = await copyCollection(target, target, 'deployments');
  expect(from).toEqual(to);
});

test('a change that is unfinished between two databases is counted', async () => {
  const [directory, other] = DATABASES;
  if (directory === undefined || other === undefined) throw new Error('there are three databases');
  expect([await unfinishedIn(directory), await unfinishedIn(other)]).toEqual([0, 0]);
  await directory.prepare("INSERT INTO app_removals (app_id, number) VALUES ('a', 1)").run();
  await other.prepare("INSERT INTO pending_releases (deployment_id, app_id) VALUES ('d', 'a')").run();
  expect([await unfinishedIn(directory), await unfinishedIn(other)]).toEqual([1, 1]);
});
