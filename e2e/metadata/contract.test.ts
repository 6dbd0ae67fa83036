/** The metadata contract on MongoDB: the same tests that D1 passes, through the object that holds the connection. */
import { MongoClient } from 'mongodb';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { metadataContract } from '../../edge/src/metadata/testing/contract.ts';
import { appRecord, deploymentRecord } from '../../edge/src/metadata/testing/sample-records.ts';
import { mongoForTests } from '../../stack/mongo/serve.ts';
import { type BackendInWorkerd, backendInWorkerd } from './backend.ts';

const server = await mongoForTests(process.env);

if (server === null) {
  test('metadata in MongoDB', ({ skip }) => {
    skip(
      'NOT TESTED ON MONGODB: no MONGODB_URI, no FerretDB was built, and no container of mongo:8 could start',
    );
  });
} else {
  let backend: BackendInWorkerd;
  beforeAll(async () => {
    backend = await backendInWorkerd(server.uri);
  });
  afterAll(async () => {
    await backend.stop();
    await server.stop();
  });

  metadataContract(`MongoDB (${server.name})`, async () => {
    await backend.empty();
    return backend.metadata;
  });

  test('deployments of an earlier version are counted from the first connection on', async () => {
    await backend.empty();
    const { apps, deployments } = backend.metadata;
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
    await using client = new MongoClient(server.uri);
    const kept = client.db().collection('deployments');
    await kept.updateMany({}, { $unset: { counted: '' } });
    await kept.createIndex({ ownerId: 1, endedOn: 1 });
    await client.db().collection('buildDays').drop();

    const later = await backendInWorkerd(server.uri);
    onTestFinished(() => later.stop());
    const range = { from: '2026-11-02', to: '2026-11-02' };
    const counted = await later.metadata.analytics.builds({ ownerId: app.ownerId }, range);
    expect(counted.days).toEqual([{ day: '2026-11-02', success: 1, failed: 0, canceled: 0 }]);
    expect(counted.waitingSeconds).toEqual({ p50: 5, p95: 5 });
    expect(counted.top).toHaveLength(1);
    // An event that is reported again counts nothing, and the index of that version is gone.
    await later.metadata.deployments.project({ ...ended, logKey: 'log' }, 2);
    expect(await later.metadata.analytics.builds({ ownerId: app.ownerId }, range)).toEqual(counted);
    expect((await kept.indexes()).filter(({ key }) => 'endedOn' in key)).toEqual([]);
  });

  test('a MongoDB operator in place of a text finds nothing', async () => {
    await backend.empty();
    const { apps, tokens, users, sessions } = backend.metadata;
    const operator = { $gt: '' } as unknown as string;
    const app = appRecord();
    await apps.insert(app);
    expect(await apps.bySlug(operator)).toBeNull();
    expect((await apps.list(operator, { limit: 10 })).items).toEqual([]);
    expect(await users.byEmail(operator)).toBeNull();
    expect(await users.byId(operator)).toBeNull();
    expect(await tokens.byHash('api', operator, '2026-11-01T12:00:00.000Z')).toBeNull();
    expect(await sessions.byHash(operator)).toBeNull();
    await expect(apps.byId(operator)).rejects.toThrow();
  });
}
