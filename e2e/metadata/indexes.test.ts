/** The indexes of a database from an earlier version are replaced by those of this one. */
import { MongoClient } from 'mongodb';
import { afterAll, expect, it, onTestFinished } from 'vitest';
import { createIndexes } from '../../edge/src/metadata/mongo/collections.ts';
import { createMongoMetadata } from '../../edge/src/metadata/mongo/index.ts';
import { userRecord } from '../../edge/src/metadata/testing/sample-records.ts';
import { mongoForTests } from '../../stack/mongo/serve.ts';

const server = await mongoForTests(process.env);
afterAll(() => server?.stop());

it.skipIf(server === null)(
  'indexes for the order by ids are replaced by indexes for the order of creation',
  async () => {
    if (server === null) return;
    const client = new MongoClient(server.uri);
    onTestFinished(async () => {
      await client.db().dropDatabase();
      await client.close();
    });
    const deployments = client.db().collection('deployments');
    // The indexes of an earlier version, and one that someone has added.
    await deployments.createIndexes([
      { key: { ownerId: 1, _id: -1 } },
      { key: { ownerId: 1, status: 1, _id: -1 } },
      { key: { appId: 1, _id: -1 } },
      { key: { branch: 1, _id: -1 } },
    ]);
    await client.db().collection('audit').createIndex({ ownerId: 1, _id: -1 });
    await client.db().collection('members').createIndex({ userId: 1, _id: 1 });

    await createIndexes(client.db());
    const keysOf = async (name: string) =>
      (await client.db().collection(name).indexes()).map(({ key }) => JSON.stringify(key));
    const there = await keysOf('deployments');
    expect(there).toEqual(
      expect.arrayContaining(['{"ownerId":1,"createdAt":-1,"_id":-1}', '{"branch":1,"_id":-1}']),
    );
    for (const gone of [
      '{"ownerId":1,"_id":-1}',
      '{"ownerId":1,"status":1,"_id":-1}',
      '{"appId":1,"_id":-1}',
    ])
      expect(there).not.toContain(gone);
    expect(await keysOf('audit')).toEqual(['{"_id":1}', '{"ownerId":1,"at":-1,"_id":-1}']);
    expect(await keysOf('members')).not.toContain('{"userId":1,"_id":1}');
    await createIndexes(client.db());
    expect(await keysOf('deployments')).toEqual(there);
  },
);

it.skipIf(server === null)('GitHub accounts become unique, and nobody loses theirs', async () => {
  if (server === null) return;
  const client = new MongoClient(server.uri);
  onTestFinished(() => client.close());
  const users = client.db().collection<{ _id: string; [member: string]: unknown }>('users');
  await users.createIndexes([{ key: { email: 1 }, unique: true }, { key: { githubId: 1 } }]);
  // The old format: null if there is none.
  const [linked, plain, other] = [userRecord({ githubId: '7' }), userRecord(), userRecord()];
  for (const { id, ...user } of [linked, plain, other]) await users.insertOne({ _id: id, ...user });

  await createIndexes(client.db());
  await createIndexes(client.db());

  const metadata = createMongoMetadata(client.db(), null);
  for (const user of [linked, plain, other]) expect(await metadata.users.byId(user.id)).toEqual(user);
  await expect(metadata.users.update(plain.id, { githubId: '7' })).rejects.toMatchObject({
    code: 'identity_taken',
  });
  expect(await metadata.users.update(other.id, { githubId: '8' })).toEqual({ ...other, githubId: '8' });
  expect(await users.indexes()).toContainEqual(
    expect.objectContaining({ key: { githubId: 1 }, unique: true }),
  );
});
