import { env } from 'cloudflare:workers';
import { beforeEach, expect, test } from 'vitest';
import { forgetAll } from '../../testing/worker.ts';
import { createD1Metadata } from '../d1/index.ts';
import { newObjectId } from '../object-id.ts';
import { appRecord, deploymentRecord } from '../testing/sample-records.ts';
import { d1Copyable } from './d1.ts';

beforeEach(forgetAll);

test('what analytics count is the same after a copy, and a batch that came before it is still known', async () => {
  const { apps, deployments, downloads, analytics } = createD1Metadata(env.METADATA);
  const app = appRecord();
  await apps.insert(app);
  const ended = deploymentRecord(app, {
    status: 'success',
    createdAt: '2026-11-01T12:00:00.000Z',
    startedAt: '2026-11-01T12:00:05.000Z',
    finishedAt: '2026-11-02T12:00:00.000Z',
    durationSeconds: 42,
  });
  for (const record of [ended, deploymentRecord(app)]) await deployments.project(record, 1);
  const count = { appId: app.id, deploymentId: ended.id, artifact: 'a b.zip', day: '2026-11-02', count: 3 };
  const batches = [newObjectId(), newObjectId()] as const;
  for (const batch of batches) await downloads.add(batch, [count]);
  const { ownerId } = app;
  const range = { from: '2026-11-01', to: '2026-11-03' };
  const counted = async () => [
    await analytics.builds({ ownerId }, range),
    await analytics.downloads({ ownerId }, range),
    await downloads.ofDeployment(ended.id),
  ];
  const before = await counted();
  expect(before[2]).toEqual([{ name: 'a b.zip', downloads: 6 }]);

  const database = d1Copyable(env.METADATA);
  const copied = await Promise.all(
    (['apps', 'deployments', 'downloads', 'artifactDownloads', 'buildDays'] as const).map(
      async (collection) => [collection, await database.page(collection, null, 100)] as const,
    ),
  );
  expect(copied.map(([, records]) => records.length)).toEqual([1, 2, 1, 1, 2]);
  await forgetAll();
  for (const [collection, records] of copied) await database.put(collection, records);
  expect(await counted()).toEqual(before);
  await downloads.add(batches[0], [count]);
  expect(await counted()).toEqual(before);
});
