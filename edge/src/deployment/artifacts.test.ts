import { runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { MULTIPART_FROM_BYTES } from '@appflux/protocol';
import { beforeAll, expect, test } from 'vitest';
import { newObjectId } from '../metadata/object-id.ts';
import { hex } from '../storage/hex.ts';
import { objectsOf, presignerOf } from '../storage/index.ts';
import { artifactKey } from '../storage/keys.ts';
import type { UploadPlan } from '../storage/storage.ts';
import { forgetAll } from '../testing/worker.ts';
import { ArtifactUploads, UploadRefused } from './artifacts.ts';
import { Machine } from './machine.ts';
import { SitePacks } from './site-packs.ts';

beforeAll(forgetAll);

const objects = objectsOf(env);
const NAME = 'app.apk';

const sha256 = async (bytes: string) =>
  hex(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(bytes)));

/** A deployment's artifacts, in an object of their own. `prepare` sees its SQL before they do. */
async function inObject(
  work: (artifacts: ArtifactUploads, ids: { appId: string; id: string; sql: SqlStorage }) => Promise<void>,
  prepare: (sql: SqlStorage, ids: { appId: string; id: string }) => void = () => undefined,
): Promise<void> {
  const ids = { appId: newObjectId(), id: newObjectId() };
  await runInDurableObject(env.DEPLOYMENTS.getByName(ids.id), async (_, { storage }) => {
    const { sql } = storage;
    prepare(sql, ids);
    const packs = new SitePacks(env, new Machine(storage));
    const uploads = new ArtifactUploads(sql, objects, presignerOf(env), packs);
    uploads.createTables();
    await work(uploads, { ...ids, sql });
  });
}

const frameOf = async (bytes: string) => ({
  type: 'upload' as const,
  attempt: 1,
  request: 'r',
  name: NAME,
  size: bytes.length,
  sha256: await sha256(bytes),
  contentType: 'application/zip',
  meta: {},
});

async function putAll({ parts, partSize }: Pick<UploadPlan, 'parts' | 'partSize'>, bytes: string) {
  const put = parts.map(async ({ partNumber, url }) => {
    const body = bytes.slice((partNumber - 1) * partSize, partNumber * partSize);
    return { partNumber, etag: (await fetch(url, { method: 'PUT', body })).headers.get('etag') ?? '' };
  });
  return Promise.all(put);
}

const textAt = async (key: string) => {
  const object = await objects.get(key);
  return object && (await new Response(object.body).text());
};

test('URLs that are asked for again after delivery do not reach what was delivered', async () => {
  await inObject(async (artifacts, { appId, id }) => {
    const frame = await frameOf('good');
    const parts = await putAll(await artifacts.begin(appId, id, frame, 1e9), 'good');
    await artifacts.complete(1, NAME, parts);
    await putAll(await artifacts.begin(appId, id, frame, 1e9), 'evil');
    await artifacts.complete(1, NAME, parts);
    const [record] = artifacts.delivered(1, [NAME]) ?? [];
    expect(record).toMatchObject({ key: artifactKey(appId, id, 1, NAME), etag: expect.any(String) });
    expect(await textAt(record?.key ?? '')).toBe('good');
  });
});

test('an artifact that is announced with other bytes has a key of its own, and is not delivered until they are there', async () => {
  await inObject(async (artifacts, { appId, id }) => {
    await artifacts.complete(
      1,
      NAME,
      await putAll(await artifacts.begin(appId, id, await frameOf('one'), 1e9), 'one'),
    );
    const first = artifacts.delivered(1, [NAME])?.[0];
    const plan = await artifacts.begin(appId, id, await frameOf('another'), 1e9);
    expect(artifacts.delivered(1, [NAME])).toBeNull();
    await artifacts.complete(1, NAME, await putAll(plan, 'another'));
    const second = artifacts.delivered(1, [NAME])?.[0];
    expect(second?.key).not.toBe(first?.key);
    expect(await textAt(second?.key ?? '')).toBe('another');
    await artifacts.discard(appId, id, null);
    expect((await objects.list(`apps/${appId}/`)).keys).toEqual([]);
  });
});

test('parts with other bytes than announced are refused and removed; announced again, the upload restarts', async () => {
  await inObject(async (artifacts, { appId, id }) => {
    const good = 'g'.repeat(MULTIPART_FROM_BYTES);
    const frame = await frameOf(good);
    const plan = await artifacts.begin(appId, id, frame, 1e9);
    const evil = await putAll(plan, 'e'.repeat(MULTIPART_FROM_BYTES));
    await expect(artifacts.complete(1, NAME, evil)).rejects.toThrow(UploadRefused);
    expect((await objects.list(`apps/${appId}/`)).keys).toEqual([]);
    const again = await artifacts.begin(appId, id, frame, 1e9);
    expect(again.multipartId).not.toBe(plan.multipartId);
    await artifacts.complete(1, NAME, await putAll(again, good));
    expect(artifacts.delivered(1, [NAME])).toMatchObject([{ sha256: frame.sha256 }]);
  });
}, 60_000);

test('an object of version 0.1.0: what it delivered stays, and what it began is completed where none of its URLs lead', async () => {
  const begun = await frameOf('begun');
  await inObject(
    async (artifacts, { appId, id }) => {
      expect(artifacts.delivered(1, ['old.zip'])).toEqual([
        { name: 'old.zip', key: 'old-key', size: 3, sha256: 'ab', contentType: 'a/b', meta: {} },
      ]);
      const plan = await artifacts.begin(appId, id, begun, 1e9);
      expect(plan.key).toBe(artifactKey(appId, id, 1, NAME));
      await artifacts.complete(1, NAME, await putAll(plan, 'begun'));
      await putAll(plan, 'other');
      const key = artifacts.delivered(1, [NAME])?.[0]?.key ?? '';
      expect(key).not.toBe(plan.key);
      expect(await textAt(key)).toBe('begun');
    },
    (sql, { appId, id }) => {
      sql.exec(
        'CREATE TABLE artifacts (attempt INTEGER NOT NULL, name TEXT NOT NULL, key TEXT NOT NULL, size INTEGER NOT NULL, sha256 TEXT NOT NULL, content_type TEXT NOT NULL, meta TEXT NOT NULL, multipart_id TEXT, done INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (attempt, name)) WITHOUT ROWID',
      );
      const insert = 'INSERT INTO artifacts VALUES (1, ?, ?, ?, ?, ?, ?, NULL, ?)';
      sql.exec(insert, 'old.zip', 'old-key', 3, 'ab', 'a/b', '{}', 1);
      sql.exec(insert, NAME, artifactKey(appId, id, 1, NAME), begun.size, begun.sha256, 'a/b', '{}', 0);
    },
  );
});
