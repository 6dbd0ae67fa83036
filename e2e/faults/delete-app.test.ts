/** Deletes an app during a build, on every storage and every metadata backend. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { CLOSE } from '@appflux/protocol';
import { AwsClient } from 'aws4fetch';
import { MongoClient } from 'mongodb';
import { expect, it, onTestFinished } from 'vitest';
import { ROOT } from '../../stack/command.ts';
import { databaseFile, localDatabases } from '../../stack/edge/databases.ts';
import { findForeignS3 } from '../../stack/foreign-s3/install.ts';
import { startForeignS3 } from '../../stack/foreign-s3/serve.ts';
import { mongoForTests } from '../../stack/mongo/serve.ts';
import { Client } from '../instance/client.ts';
import { type EdgeInstance, startInstance } from '../instance/edge.ts';
import { SimulatedRunner } from '../instance/simulated-runner.ts';

const sha256Of = (bytes: string) => createHash('sha256').update(bytes).digest('hex');

/** The keys of all objects in a bucket. */
async function keysIn(bucket: EdgeInstance['bucket'], region: string): Promise<string[]> {
  const { accessKeyId, secretAccessKey, url } = bucket;
  const s3 = new AwsClient({ accessKeyId, secretAccessKey, service: 's3', region });
  const answer = await s3.fetch(`${url}?list-type=2`);
  const text = await answer.text();
  if (!answer.ok) throw new Error(`storage answered ${answer.status}: ${text}`);
  return [...text.matchAll(/<Key>([^<]*)<\/Key>/g)].map((match) => match[1] ?? '');
}

/** Two apps; one of them is deleted during a build, after another build of it has ended. */
async function deleteOne(edge: EdgeInstance, keys: () => Promise<string[]>) {
  const client = new Client(edge);
  const runner = await SimulatedRunner.connect(edge.url, await client.registerRunner('one'));
  const built = async (slug: string) => {
    const { id } = await client.deploy(slug, { uploadId: await client.upload('a.zip', Buffer.from('zip')) });
    const attempt = await runner.begin();
    await attempt.deliver({ name: 'site.zip', sha256: sha256Of(`of ${slug}`) }, `of ${slug}`);
    attempt.finish({ status: 'success', artifacts: ['site.zip'] });
    await attempt.socket.next('finished');
    runner.free(attempt.grant);
    await expect
      .poll(async () => (await keys()).some((key) => key.endsWith(`${id}/log.ndjson.gz`)))
      .toBe(true);
    return id;
  };
  const kept = await client.createApp({ name: 'kept' });
  const gone = await client.createApp({ name: 'gone', envVars: { KEY: 'value' } });
  const stays = await built('kept');
  const before = (await keys()).sort();
  const ended = await built('gone');
  const running = await client.deploy('gone', {
    uploadId: await client.upload('b.zip', Buffer.from('zip')),
  });
  const attempt = await runner.begin();
  await attempt.put({ name: 'half.zip', sha256: sha256Of('') }, 'of a build that never ends');
  expect(await keys()).toHaveLength(before.length + 5);

  await client.api.apps.delete('gone');

  expect((await attempt.socket.closed).code).toBe(CLOSE.staleAttempt);
  expect((await attempt.connect().closed).code).toBe(CLOSE.staleAttempt);
  expect((await keys()).sort()).toEqual(before);
  for (const path of ['/a/gone', `/dl/${ended}/site.zip`, `/api/deployments/${running.id}`]) {
    expect((await client.fetch('GET', path)).status).toBe(404);
  }
  expect((await client.fetch('GET', `/dl/${stays}/site.zip`)).status).toBe(200);
  expect((await client.logs(stays)).ended).toBe(true);
  // The runner that was disconnected takes the next job.
  runner.free(attempt.grant);
  await built('kept');
  return { gone: [gone.id, ended, running.id], kept: kept.id };
}

it('in the embedded bucket, with D1', async () => {
  const edge = await startInstance();
  onTestFinished(() => edge.stop());
  await deleteOne(edge, () => keysIn(edge.bucket, 'auto'));
});

it('with metadata in three D1 databases, where only audit log entries name it afterwards', async () => {
  const edge = await startInstance({ config: { metadataDatabases: 3 } });
  onTestFinished(() => edge.stop());
  const ids = await deleteOne(edge, () => keysIn(edge.bucket, 'auto'));
  const config = { wranglerConfig: join(ROOT, 'wrangler.toml'), metadataDatabases: 3 };
  const databases = localDatabases(config).map(({ id }) => databaseFile(edge.persist, id));
  const named = (id: string) => databases.map((file) => tablesNaming(file, id));
  const [directory = [], ...others] = named(ids.kept);
  expect(directory).toEqual(['apps', 'automatic_releases']);
  // The team is in one of the others.
  expect(others.flat()).toEqual(expect.arrayContaining(['apps', 'deployments', 'audit']));
  for (const id of ids.gone)
    expect(
      named(id)
        .flat()
        .filter((table) => table !== 'audit'),
    ).toEqual([]);
});

/** The tables of a database that have a text in any of their rows. */
function tablesNaming(file: string, text: string): string[] {
  const database = new DatabaseSync(file, { readOnly: true });
  try {
    const tables = database.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all();
    return tables
      .map(({ name }) => String(name))
      .filter((name) => JSON.stringify(database.prepare(`SELECT * FROM "${name}"`).all()).includes(text));
  } finally {
    database.close();
  }
}

const foreign = await findForeignS3();
it.skipIf(foreign === null)('in an S3 server that is not Cloudflare’s', async () => {
  const { server, stop } = await startForeignS3(foreign ?? '');
  onTestFinished(stop);
  const { endpoint, bucket, region, ...secrets } = server;
  const edge = await startInstance({
    variables: {
      STORAGE_DRIVER: 's3',
      S3_ENDPOINT: endpoint,
      S3_BUCKET: bucket,
      S3_REGION: region,
      S3_ACCESS_KEY_ID: secrets.accessKeyId,
      S3_SECRET_ACCESS_KEY: secrets.secretAccessKey,
    },
  });
  onTestFinished(() => edge.stop());
  await deleteOne(edge, () => keysIn({ url: `${endpoint}/${bucket}`, ...secrets }, region));
});

const mongo = await mongoForTests(process.env);
it.skipIf(mongo === null)('with MongoDB, where only audit log entries name it afterwards', async () => {
  if (mongo === null) return;
  onTestFinished(() => mongo.stop());
  const edge = await startInstance({ variables: { MONGODB_URI: mongo.uri } });
  onTestFinished(() => edge.stop());
  const ids = await deleteOne(edge, () => keysIn(edge.bucket, 'auto'));
  const client = new MongoClient(mongo.uri);
  onTestFinished(() => client.close());
  const named = async (id: string) => {
    const collections = await client.db().listCollections({}, { nameOnly: true }).toArray();
    const holding = collections.map(async ({ name }) => {
      const documents = await client.db().collection(name).find().toArray();
      return JSON.stringify(documents).includes(id) ? [name] : [];
    });
    return (await Promise.all(holding)).flat();
  };
  expect(await named(ids.kept)).toContain('apps');
  for (const id of ids.gone) expect((await named(id)).filter((name) => name !== 'audit')).toEqual([]);
});
