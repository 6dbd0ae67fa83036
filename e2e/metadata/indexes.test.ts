/** The indexes of a database that an earlier version has made: they become those of this one. */
import { MongoClient } from 'mongodb';
import { expect, it, onTestFinished } from 'vitest';
import { createIndexes } from '../../edge/src/metadata/mongo/collections.ts';
import { createMongoMetadata } from '../../edge/src/metadata/mongo/index.ts';
import { userRecord } from '../../edge/src/metadata/sample-records.ts';
import { mongoForTests } from '../../stack/mongo/serve.ts';

const server = await mongoForTests(process.env);

it.skipIf(server === null)(
  'GitHub accounts that were not unique are from now on, and nobody loses theirs',
  async () => {
    if (server === null) return;
    onTestFinished(() => server.stop());
    const client = new MongoClient(server.uri);
    onTestFinished(() => client.close());
    const users = client.db().collection<{ _id: string; [member: string]: unknown }>('users');
    await users.createIndexes([{ key: { email: 1 }, unique: true }, { key: { githubId: 1 } }]);
    // As they were kept: null where there is none.
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
  },
);
