/** `npm run metadata:copy`: an instance moves from D1 to MongoDB, on to another D1, and nothing is lost. */

import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from '@appflux/client';
import { execa } from 'execa';
import { MongoClient } from 'mongodb';
import { expect, it, onTestFinished } from 'vitest';
import { COLLECTIONS } from '../../edge/src/metadata/copy/copy.ts';
import { OF_DIVISION, TABLES } from '../../edge/src/metadata/copy/d1.ts';
import { ROOT } from '../../stack/command.ts';
import { publicUrl } from '../../stack/edge/config.ts';
import { startEdge } from '../../stack/edge/process.ts';
import { edgeConfig as localConfig } from '../../stack/instance.ts';
import { mongoForTests } from '../../stack/mongo/serve.ts';
import { readSettings } from '../../stack/settings.ts';
import { keepSecrets, makeStateFolder } from '../../stack/state.ts';
import { Client } from '../instance/client.ts';
import { edgeBundle, freePort } from '../instance/edge.ts';
import { SimulatedRunner } from '../instance/simulated-runner.ts';

const BOOTSTRAP_TOKEN = 'bootstrap-token-of-a-copied-instance-0123456789';
const server = await mongoForTests(process.env);

/** A state folder that is removed at the end. */
async function stateFolder(): Promise<string> {
  const state = await mkdtemp(join(tmpdir(), 'appflux-copy-'));
  onTestFinished(() => rm(state, { recursive: true, force: true }));
  await makeStateFolder(state);
  return state;
}

/** Starts the control plane of a state folder as `npm start` does, with one of the backends. */
async function start(state: string, uri: string): Promise<{ client: Client; stop: () => Promise<void> }> {
  const secrets = await keepSecrets(state);
  const env = { ...process.env, APPFLUX_STATE: state, MONGODB_URI: uri };
  const settings = { ...readSettings(env, ROOT), port: await freePort() };
  const config = localConfig(settings, secrets, ROOT, await edgeBundle({ mongodb: uri !== '' }));
  const edge = await startEdge(config, { env: process.env, logFile: join(state, 'logs', 'edge.log') });
  const url = publicUrl(settings.port);
  const { operator } = createClient({ url, token: secrets.operatorSecret });
  await operator.setUp({ bootstrapToken: BOOTSTRAP_TOKEN });
  return {
    client: new Client({ url, token: BOOTSTRAP_TOKEN }),
    stop: async () => void (await edge.stop(5_000)),
  };
}

async function copy(state: string, uri: string, from: string, to: string) {
  const args = [join(ROOT, 'stack', 'copy-metadata.ts'), '--from', from, '--to', to];
  const env = { APPFLUX_STATE: state, MONGODB_URI: uri };
  const { exitCode, all } = await execa(process.execPath, args, { env, reject: false, all: true });
  const digests = Object.fromEntries(
    [...all.matchAll(/^(\w+) +\w+ (\d+) ([0-9a-f]{64}) {2}\w+ (\d+) ([0-9a-f]{64}) {2}same$/gm)].map(
      ([, name, count, sha256, targetCount, targetSha256]) => {
        expect([targetCount, targetSha256]).toEqual([count, sha256]);
        return [name, { count: Number(count), sha256 }];
      },
    ),
  );
  return { exitCode, all, digests };
}

it('an instance moves from D1 to MongoDB and into another D1: the digests stay the same', async ({
  skip,
}) => {
  if (server === null) return skip('NOT TESTED ON MONGODB: there is no server');
  onTestFinished(() => server.stop());
  const first = await stateFolder();
  const running = await start(first, '');
  const { client } = running;
  const { slug } = await client.createApp({
    name: 'Copied “App”',
    envVars: { A: 'one', constructor: 'two' },
  });
  await client.createApp({ name: 'Another' });
  await client.api.apps.setFile(slug, 'KEYSTORE', {
    content: Buffer.from('a keystore').toString('base64'),
  });
  const upload = await client.upload('site.zip', Buffer.from('ignored'));
  const { id } = await client.deploy(slug, { uploadId: upload }, 'once');
  const runner = await SimulatedRunner.connect(
    client.url,
    await client.registerRunner('copied', ['linux', 'x64']),
  );
  await (await runner.begin()).socket.socket.close();
  await client.cancel(id);
  await client.api.deployments.pin(id);
  const retention = { artifacts: { keepLast: 3, days: 7 }, logs: null };
  await client.api.apps.update(slug, { retention });
  await client.api.hooks.create({
    kind: 'slack',
    url: 'https://hooks.example.com/services/T0/B0/X',
    events: ['deployment.failed'],
    apps: [slug],
  });
  await running.stop();

  const toMongo = await copy(first, server.uri, 'd1', 'mongo');
  expect([toMongo.exitCode, toMongo.all]).toEqual([
    0,
    expect.stringContaining('Copied everything from d1 to mongo'),
  ]);
  expect(Object.keys(toMongo.digests)).toEqual([...COLLECTIONS]);
  expect(toMongo.digests).toMatchObject({
    apps: { count: 2 },
    appFiles: { count: 1 },
    deployments: { count: 1 },
    hooks: { count: 1 },
    uploads: { count: 1 },
    users: { count: 1 },
    owner: { count: 1 },
    members: { count: 1 },
    idempotencyKeys: { count: 1 },
  });

  // An interrupted copy: a missing record in the middle, and an outdated one, are found by the digest.
  await using mongo = new MongoClient(server.uri);
  await mongo
    .db()
    .collection('apps')
    .updateOne({ slug: 'another' }, { $set: { name: 'Older' } });
  await mongo.db().collection('tokens').deleteMany({});
  const again = await copy(first, server.uri, 'd1', 'mongo');
  expect([again.exitCode, again.all, again.digests]).toEqual([0, toMongo.all, toMongo.digests]);

  const second = await stateFolder();
  const back = await copy(second, server.uri, 'mongo', 'd1');
  expect([back.exitCode, back.digests]).toEqual([0, toMongo.digests]);

  // The instance continues with MongoDB: same token, same app, same numbers.
  const moved = await start(first, server.uri);
  onTestFinished(() => moved.stop());
  expect(await moved.client.app(slug)).toMatchObject({ name: 'Copied “App”', retention });
  expect(await moved.client.deployment(id)).toMatchObject({ id, pinned: true });

  // A record that only the target has makes the copy fail.
  await moved.client.createApp({ name: 'New in MongoDB' });
  const mixed = await copy(second, server.uri, 'd1', 'mongo');
  expect([mixed.exitCode, mixed.all]).toEqual([1, expect.stringContaining('differ')]);
});

it('every table of the database is copied, but those of a division into several', async () => {
  const folder = join(ROOT, 'edge', 'migrations');
  const sql = await Promise.all((await readdir(folder)).map((file) => readFile(join(folder, file), 'utf8')));
  const tables = sql.flatMap((text) => [...text.matchAll(/CREATE TABLE (\w+)/g)].map(([, name]) => name));
  const copied = Object.values(TABLES).map(({ name }) => name);
  expect([...copied, ...OF_DIVISION].sort()).toEqual(tables.sort());
});
