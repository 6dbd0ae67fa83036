/** What a database of a version without triggers gets when this one connects. */
import { DEFAULT_TRIGGERS, repoKeyOf } from '@appflux/protocol';
import { MongoClient, ObjectId } from 'mongodb';
import { afterAll, expect, it, onTestFinished } from 'vitest';
import { connect } from '../../edge/src/metadata/mongo/connection.ts';
import { createMongoMetadata } from '../../edge/src/metadata/mongo/index.ts';
import { appRecord } from '../../edge/src/metadata/testing/sample-records.ts';
import { mongoForTests } from '../../stack/mongo/serve.ts';

const server = await mongoForTests(process.env);
afterAll(() => server?.stop());

it.skipIf(server === null)(
  'apps get the key of their repository, deployments their number, both once',
  async () => {
    if (server === null) return;
    const client = new MongoClient(server.uri);
    onTestFinished(async () => {
      await client.db().dropDatabase();
      await client.close();
    });
    const db = client.db();
    const urls = ['https://git.example/Team/App.git', 'https://git.example:3000/a/b', null];
    const apps = urls.map((repoUrl) => {
      const { triggers: _, schedules: __, scheduleDueAt: ___, schedulesRevision: ____, ...app } = appRecord();
      const { repoKey: _____, repositoryId: ______, ...old } = app;
      const rest = { rootDirectory: './' };
      const git = { provider: 'git', repoUrl, branch: 'main', ...rest };
      return { ...old, source: repoUrl === null ? { provider: 'upload', ...rest } : git };
    });
    for (const { id, createdAt, ...app } of apps)
      await db.collection<{ _id: ObjectId }>('apps').insertOne({
        _id: ObjectId.createFromHexString(id),
        ...app,
        createdAt: new Date(createdAt),
        builds: 2,
      } as never);
    const [first, second] = apps;
    if (first === undefined || second === undefined) throw new Error('there are no apps');
    const ids = [3, 1, 2].map((count) => new ObjectId(`66f2a1c04b7e9d000000000${count}`));
    for (const [index, _id] of ids.entries())
      await db.collection<{ _id: ObjectId }>('deployments').insertOne({
        _id,
        appId: ObjectId.createFromHexString(index === 2 ? second.id : first.id),
        ownerId: first.ownerId,
        status: 'queued',
        environment: 'production',
        branch: 'main',
        artifacts: [],
        seq: 1,
        // The one with the greater id is the older one.
        createdAt: new Date(Date.UTC(2026, 10, 1, 12, 0, index)),
      } as never);

    const metadata = createMongoMetadata(db, null);
    const connected = async () => {
      const connection = await connect(server.uri);
      await connection.client.close();
      const numbers = ids.map(async (id) => (await metadata.deployments.byId(id.toHexString()))?.number);
      return Promise.all(numbers);
    };
    expect(await connected()).toEqual([1, 2, 1]);
    const records = await Promise.all(apps.map(({ id }) => metadata.apps.byId(id)));
    expect(records.map((app) => app?.repoKey)).toEqual(urls.map((url) => url && repoKeyOf(url)));
    expect(records[0]).toMatchObject({ triggers: DEFAULT_TRIGGERS, source: { depth: 1 }, schedules: [] });
    expect(records[2]?.source).toEqual({ provider: 'upload', rootDirectory: './' });
    expect(await metadata.deployments.byId(ids[0]?.toHexString() ?? '')).toMatchObject({
      creator: null,
      pullRequest: null,
      skipped: null,
      approval: null,
      tag: null,
      waiting: null,
    });
    // What was done is not done again: a number that was given stays.
    await db.collection('deployments').updateOne({ _id: ids[0] as never }, { $set: { number: 9 } });
    expect(await connected()).toEqual([9, 2, 1]);
  },
);
