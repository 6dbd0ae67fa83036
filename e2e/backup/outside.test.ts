/** An instance with metadata in MongoDB and objects in an S3 server is backed up to a bucket, and restored to others. */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MongoClient } from 'mongodb';
import { expect, it, onTestFinished } from 'vitest';
import { S3Client } from '../../edge/src/storage/s3-client.ts';
import { bucketOf } from '../../stack/backup/bucket.ts';
import { Repository } from '../../stack/backup/format/repository.ts';
import { restore } from '../../stack/backup/restore.ts';
import { openStore } from '../../stack/backup/store/open.ts';
import { findForeignS3 } from '../../stack/foreign-s3/install.ts';
import { type S3Server, startForeignS3 } from '../../stack/foreign-s3/serve.ts';
import { findFerretDb } from '../../stack/mongo/install.ts';
import { startFerretDb } from '../../stack/mongo/serve.ts';
import { Client } from '../instance/client.ts';
import { simulatedBuild } from '../instance/simulated-build.ts';
import { type LocalInstance, PASSPHRASE, run, startOn } from './instance.ts';
import { sha256 } from './load.ts';

const [s3Program, mongoProgram] = [await findForeignS3(), await findFerretDb()];

/** Larger than what is written in one piece. */
const LARGE = randomBytes(17 * 1024 ** 2);

const storageOf = (server: S3Server, bucket: string) => ({
  S3_ENDPOINT: server.endpoint,
  S3_BUCKET: bucket,
  S3_ACCESS_KEY_ID: server.accessKeyId,
  S3_SECRET_ACCESS_KEY: server.secretAccessKey,
});

async function* pieces(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

async function bytesOf(bucket: ReturnType<typeof bucketOf>, key: string): Promise<Buffer> {
  return Buffer.from(await new Response((await bucket.get(key))?.body).arrayBuffer());
}

/** Has an App built, with a log and an artifact. */
async function built(instance: LocalInstance): Promise<{ id: string; bytes: string }> {
  const { client, id, attempt } = await simulatedBuild(instance, 'outside');
  attempt.lines(1, 30);
  await attempt.acked();
  const bytes = 'the artifact\n'.repeat(10_000);
  await attempt.deliver({ name: 'site.zip', sha256: sha256(bytes) }, bytes);
  attempt.finish({ status: 'success', artifacts: ['site.zip'] });
  await client.untilEnded(id);
  await client.archived(id);
  return { id, bytes };
}

it('keeps what MongoDB and an S3 server have, and restores it', { timeout: 300_000 }, async ({ skip }) => {
  if (s3Program === null || mongoProgram === null) {
    return skip('the S3 server or FerretDB is not built: run "npm test" once');
  }
  const folder = await mkdtemp(join(tmpdir(), 'appflux-outside-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const { server, stop } = await startForeignS3(s3Program);
  onTestFinished(stop);
  const mongo = await startFerretDb(mongoProgram);
  onTestFinished(mongo.remove);
  for (const bucket of ['backups', 'restored']) {
    await new S3Client(() => ({ ...server, bucket })).text({ method: 'PUT', key: null, idempotent: true });
  }

  const before = { ...storageOf(server, server.bucket), MONGODB_URI: mongo.uri('before') };
  const instance = await startOn(join(folder, 'lost'), before);
  const { id, bytes } = await built(instance);
  const old = bucketOf(server);
  await old.put('uploads/large/source.zip', pieces(LARGE), LARGE.length, 'application/zip');

  const backups = {
    APPFLUX_BACKUP_S3_ENDPOINT: server.endpoint,
    APPFLUX_BACKUP_S3_ACCESS_KEY_ID: server.accessKeyId,
    APPFLUX_BACKUP_S3_SECRET_ACCESS_KEY: server.secretAccessKey,
  };
  const target = 's3://backups/of/appflux';
  // What the instance keeps where is its own to say: the environment of this command has nothing of it.
  const first = await run('backup', instance.state, [target], backups);
  expect(first, first.output).toMatchObject({ exitCode: 0 });
  const second = await run('backup', instance.state, [target, '--keep', '1'], backups);
  expect(second, second.output).toMatchObject({ exitCode: 0 });
  expect(second.output).toMatch(/; \d+ KB added/);
  await instance.kill();
  await rm(instance.state, { recursive: true });

  const elsewhere = join(folder, 'elsewhere');
  const PUBLIC_URL = 'https://apps.example.com';
  const SITES_DOMAIN = 'sites.example.net';
  const after = { ...storageOf(server, 'restored'), MONGODB_URI: mongo.uri('after') };
  const fresh = bucketOf({ ...server, bucket: 'restored' });
  const outside = { bucket: fresh, mongodbUri: after.MONGODB_URI, publicUrl: PUBLIC_URL };
  const { bucket: _, ...ofBackups } = server;
  const store = await openStore(target, ofBackups);
  const repository = await Repository.open(store, { passphrase: PASSPHRASE });
  const refused = async (
    change: Partial<typeof outside | { bucket: null; mongodbUri: null }>,
    why: RegExp,
  ) => {
    const restoring = restore({ repository, state: elsewhere, outside: { ...outside, ...change } });
    await expect(restoring).rejects.toMatchObject({
      code: 'restore_refused',
      message: expect.stringMatching(why),
    });
  };
  await refused({ mongodbUri: null }, /MongoDB/);
  await refused({ bucket: null }, /S3 server/);
  await refused({ mongodbUri: before.MONGODB_URI }, /not empty/);
  await fresh.put('uploads/large/source.zip', pieces(Buffer.from('mine')), 4, null);
  await refused({}, /another object/);
  expect((await bytesOf(fresh, 'uploads/large/source.zip')).toString()).toBe('mine');
  await fresh.delete(['uploads/large/source.zip']);

  const restoredBy = await run('restore', elsewhere, [target], {
    ...backups,
    ...after,
    PUBLIC_URL,
    SITES_DOMAIN,
  });
  expect(restoredBy, restoredBy.output).toMatchObject({ exitCode: 0 });
  const restored = await startOn(elsewhere, after);
  onTestFinished(restored.kill);
  const client = new Client(restored);
  expect(await client.app('outside')).toMatchObject({ release: id });
  const file = await fetch(`${restored.url}/dl/${id}/site.zip`);
  expect(await file.text()).toBe(bytes);
  expect((await client.logs(id)).items.filter(({ text }) => /^line \d+$/.test(text))).toHaveLength(30);
  expect((await bytesOf(fresh, 'uploads/large/source.zip')).equals(LARGE)).toBe(true);

  await using mongoClient = new MongoClient(mongo.uri('after'));
  const documents = await mongoClient.db('after').collection('deployments').find({}).toArray();
  expect(documents.map(({ artifactUrl }) => artifactUrl)).toEqual([`${PUBLIC_URL}/dl/${id}/site.zip`]);
});
