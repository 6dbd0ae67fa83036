/** The contract of metadata on MongoDB: the same tests that D1 passes, through the object that keeps the connection. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { metadataContract } from '../../edge/src/metadata/contract.ts';
import { appRecord } from '../../edge/src/metadata/sample-records.ts';
import { mongoForTests } from '../../stack/mongo/serve.ts';
import { type KeeperInWorkerd, keeperInWorkerd } from './keeper.ts';

const server = await mongoForTests(process.env);

if (server === null) {
  test('metadata kept by MongoDB', ({ skip }) => {
    skip(
      'NOT TESTED ON MONGODB: no MONGODB_URI, no FerretDB was built, and no container of mongo:8 could start',
    );
  });
} else {
  let keeper: KeeperInWorkerd;
  beforeAll(async () => {
    keeper = await keeperInWorkerd(server.uri);
  });
  afterAll(async () => {
    await keeper.stop();
    await server.stop();
  });

  metadataContract(`MongoDB (${server.name})`, async () => {
    await keeper.empty();
    return keeper.metadata;
  });

  test('an operator of MongoDB in place of a text finds nothing', async () => {
    await keeper.empty();
    const { apps, tokens, users, sessions } = keeper.metadata;
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
