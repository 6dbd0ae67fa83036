/**
 * The bytes served are the bytes that were scanned and hashed. The holder of presigned URLs, which are valid for an
 * hour, cannot change a file after it was delivered, nor deliver other bytes than announced. On the embedded bucket
 * and on a foreign S3 server.
 */
import { createHash } from 'node:crypto';
import type { PartGrant } from '@appflux/protocol';
import { AwsClient } from 'aws4fetch';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findForeignS3 } from '../../stack/foreign-s3/install.ts';
import { startForeignS3 } from '../../stack/foreign-s3/serve.ts';
import { type EdgeInstance, startInstance } from '../instance/edge.ts';
import { type SimulatedBuild, simulatedBuild } from '../instance/simulated-build.ts';

const LARGE = 17 * 1024 * 1024;

const bytesOf = (size: number, fill: string) => Buffer.alloc(size, fill);
const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
const put = (url: string, body: Buffer) => fetch(url, { method: 'PUT', body: new Uint8Array(body) });

interface Bucket {
  readonly url: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly region: string;
}

interface Storage {
  readonly edge: EdgeInstance;
  readonly bucket: Bucket;
  stop(): Promise<void>;
}

async function embedded(): Promise<Storage> {
  const edge = await startInstance();
  return { edge, bucket: { ...edge.bucket, region: 'auto' }, stop: () => edge.stop() };
}

async function foreign(program: string): Promise<Storage> {
  const { server, stop } = await startForeignS3(program);
  const { endpoint, bucket, region, accessKeyId, secretAccessKey } = server;
  const edge = await startInstance({
    variables: {
      STORAGE_DRIVER: 's3',
      S3_ENDPOINT: endpoint,
      S3_BUCKET: bucket,
      S3_REGION: region,
      S3_ACCESS_KEY_ID: accessKeyId,
      S3_SECRET_ACCESS_KEY: secretAccessKey,
    },
  });
  return {
    edge,
    bucket: { url: `${endpoint}/${bucket}`, accessKeyId, secretAccessKey, region },
    stop: async () => {
      await edge.stop();
      await stop();
    },
  };
}

/** Announces an artifact; returns the URLs for its bytes. */
async function announce({ attempt }: SimulatedBuild, name: string, bytes: Buffer, announced = sha256(bytes)) {
  attempt.socket.send({
    type: 'upload',
    attempt: attempt.grant.attempt,
    request: `upload ${name}`,
    name,
    size: bytes.length,
    sha256: announced,
    contentType: 'application/octet-stream',
    meta: {},
  });
  return attempt.socket.next('upload_granted');
}

/** PUTs the bytes in their parts. */
async function putAll(grant: { partSize: number; parts: PartGrant[] }, bytes: Buffer) {
  const parts: { partNumber: number; etag: string }[] = [];
  for (const { partNumber, url } of grant.parts) {
    const from = (partNumber - 1) * grant.partSize;
    const answer = await put(url, bytes.subarray(from, from + grant.partSize));
    expect(answer.status, await answer.text()).toBe(200);
    parts.push({ partNumber, etag: answer.headers.get('etag') ?? '' });
  }
  return parts;
}

/** Delivers one artifact and ends the build with it; returns the artifact's public URL. */
async function deliver(
  build: SimulatedBuild,
  name: string,
  bytes: Buffer,
  grant: Awaited<ReturnType<typeof announce>>,
) {
  const parts = await putAll(grant, bytes);
  const { socket, grant: granted } = build.attempt;
  socket.send({ type: 'uploaded', attempt: granted.attempt, request: `uploaded ${name}`, name, parts });
  await socket.next('upload_done');
  build.attempt.finish({ status: 'success', artifacts: [name] });
  const { status, artifacts } = await build.client.untilEnded(build.id);
  expect({ status, artifacts }).toMatchObject({ status: 'success', artifacts: [{ sha256: sha256(bytes) }] });
  return artifacts[0]?.url ?? '';
}

const servedDigest = async (url: string) => sha256(Buffer.from(await (await fetch(url)).arrayBuffer()));

function holds(name: string, create: () => Promise<Storage>): void {
  describe(`in ${name}`, { timeout: 120_000 }, () => {
    let storage: Storage;
    beforeAll(async () => {
      storage = await create();
    });
    afterAll(() => storage.stop());

    /** A deployment of an app of its own that a runner has started to build. */
    let begun = 0;
    const begin = (source?: string) => simulatedBuild(storage.edge, `replaced-${++begun}`, source);

    test('a delivered file in one part can’t be changed', async () => {
      const build = await begin();
      const good = bytesOf(5_000, 'good');
      const grant = await announce(build, 'app.apk', good);
      const url = await deliver(build, 'app.apk', good, grant);
      await put(grant.parts[0]?.url ?? '', bytesOf(5_000, 'evil'));
      expect(await servedDigest(url)).toBe(sha256(good));
    });

    test('a delivered file in several parts can’t be changed', async () => {
      const build = await begin();
      const good = bytesOf(LARGE, 'good');
      const grant = await announce(build, 'app.apk', good);
      const url = await deliver(build, 'app.apk', good, grant);
      const again = await put(grant.parts[0]?.url ?? '', bytesOf(grant.partSize, 'evil')).catch(() => null);
      expect(again?.ok ?? false).toBe(false);
      expect(await servedDigest(url)).toBe(sha256(good));
    });

    test('a URL for an earlier announcement of the same name changes nothing', async () => {
      const build = await begin();
      const small = bytesOf(5_000, 'evil');
      const early = await announce(build, 'app.apk', small);
      const good = bytesOf(LARGE, 'good');
      const url = await deliver(build, 'app.apk', good, await announce(build, 'app.apk', good));
      await put(early.parts[0]?.url ?? '', small);
      expect(await servedDigest(url)).toBe(sha256(good));
    });

    test.each([
      ['one part', 5_000],
      ['several parts', LARGE],
    ])('bytes in %s with another SHA-256 than announced are refused', async (_, size) => {
      const build = await begin();
      const good = bytesOf(size, 'good');
      const evil = bytesOf(size, 'evil');
      const grant = await announce(build, 'app.apk', good);
      const parts = await putAll(grant, evil);
      const { socket, grant: granted } = build.attempt;
      socket.send({ type: 'uploaded', attempt: granted.attempt, request: 'r', name: 'app.apk', parts });
      const refused = await socket.next('upload_refused');
      expect(refused.message).toContain('SHA-256');
      expect(refused.again ?? false).toBe(false);
      // Announced again, the right bytes are accepted.
      const url = await deliver(build, 'app.apk', good, await announce(build, 'app.apk', good));
      expect(await servedDigest(url)).toBe(sha256(good));
    });

    test('an uploaded source can’t be changed, and the runner gets a checked SHA-256', async () => {
      const { client } = await begin();
      for (const size of [5_000, LARGE]) {
        const good = bytesOf(size, 'good');
        const grant = await client.api.uploads.create({ name: 'a.zip', size });
        const parts = await putAll(grant, good);
        const complete = await client.fetch('POST', `/api/uploads/${grant.uploadId}/complete`, { parts });
        expect(complete.status).toBe(200);
        await put(grant.parts[0]?.url ?? '', bytesOf(Math.min(size, grant.partSize), 'evil')).catch(
          () => null,
        );
        const { source } = (await begin(grant.uploadId)).attempt.grant.job;
        if (source.kind !== 'upload') throw new Error('a source by upload');
        expect(source.sha256).toBe(sha256(good));
        expect(await servedDigest(source.url)).toBe(sha256(good));
      }
    });

    test('a source with another SHA-256 than announced is refused', async () => {
      const { client } = await begin();
      const announced = sha256(bytesOf(5_000, 'good'));
      const body = { name: 'a.zip', size: 5_000, sha256: announced };
      const grant = await client.api.uploads.create(body);
      const parts = await putAll(grant, bytesOf(5_000, 'evil'));
      const complete = await client.fetch('POST', `/api/uploads/${grant.uploadId}/complete`, { parts });
      expect([complete.status, await complete.json()]).toMatchObject([
        409,
        { error: { code: 'upload_incomplete', message: expect.stringContaining('SHA-256') } },
      ]);
    });

    test('a file that was changed in storage itself is not served', async () => {
      const build = await begin();
      const good = bytesOf(5_000, 'good');
      const url = await deliver(build, 'app.apk', good, await announce(build, 'app.apk', good));
      const { app } = await build.client.deployment(build.id);
      const { id: appId } = await build.client.app(app.slug);
      const { bucket } = storage;
      const s3 = new AwsClient({ ...bucket, service: 's3' });
      const key = `apps/${appId}/${build.id}/1/app.apk`;
      expect(
        (await s3.fetch(`${bucket.url}/${key}`, { method: 'PUT', body: 'x'.repeat(5_000) })).status,
      ).toBe(200);
      for (const headers of [{}, { Range: 'bytes=0-9' }]) {
        const answer = await fetch(url, { headers });
        expect([answer.status, await answer.json()]).toMatchObject([
          500,
          { error: { code: 'artifact_damaged' } },
        ]);
      }
    });
  });
}

holds('the embedded bucket', embedded);

const program = await findForeignS3();
if (program === null) {
  test('in an S3 server that is not Cloudflare’s', ({ skip }) =>
    skip('it is not built: run "node stack/foreign-s3.ts" once'));
} else holds('an S3 server that is not Cloudflare’s', () => foreign(program));
