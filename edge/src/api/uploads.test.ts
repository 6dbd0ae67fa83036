import { env } from 'cloudflare:workers';
import { MULTIPART_FROM_BYTES } from '@appflux/protocol';
import fc from 'fast-check';
import { beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { metadataOf } from '../metadata/index.ts';
import type { UploadRecord } from '../metadata/metadata.ts';
import { tokenRecord, uploadRecord } from '../metadata/testing/sample-records.ts';
import { hashToken, makeToken } from '../secrets/tokens.ts';
import { hex } from '../storage/hex.ts';
import { objectsOf, presignerOf } from '../storage/index.ts';
import { incomingKey, uploadKey } from '../storage/keys.ts';
import { forgetAll, request } from '../testing/worker.ts';
import { firstMissingPart, sweepUploads } from './uploads.ts';

const metadata = metadataOf(env);
const objects = objectsOf(env);
const presigner = presignerOf(env);

interface Grant {
  uploadId: string;
  partSize: number;
  parts: { partNumber: number; url: string }[];
}
type Part = { partNumber: number; etag: string };

let token: string;

/** An API token of a new user. */
async function tokenOf(scopes: Parameters<typeof tokenRecord>[0] = {}): Promise<string> {
  const made = makeToken('api');
  await metadata.tokens.insert(tokenRecord({ hash: await hashToken(made), ...scopes }));
  return made;
}

beforeAll(forgetAll);
beforeEach(async () => {
  token = await tokenOf();
});

const begin = (json: unknown, as = token) => request('/api/uploads', { method: 'POST', json, token: as });

const complete = (id: string, parts: Part[], as = token) =>
  request(`/api/uploads/${id}/complete`, { method: 'POST', json: { parts }, token: as });

async function begun(size: number): Promise<Grant> {
  const response = await begin({ name: 'source.zip', size });
  expect(response.status).toBe(201);
  return response.json();
}

/** PUTs bytes to every part without a token, as a browser does. */
async function putAll(grant: Grant, size: number): Promise<Part[]> {
  const done: Part[] = [];
  for (const { partNumber, url } of grant.parts) {
    const length = Math.min(grant.partSize, size - (partNumber - 1) * grant.partSize);
    const response = await fetch(url, { method: 'PUT', body: new Uint8Array(length).fill(partNumber) });
    expect(response.status).toBe(200);
    done.push({ partNumber, etag: response.headers.get('etag') ?? '' });
  }
  return done;
}

const codeOf = async (response: Response) => {
  const body: { error: { code: string } } = await response.json();
  return [response.status, body.error.code];
};

describe('an upload', () => {
  test('of a small file is one part, and complete once its bytes lie in storage', async () => {
    const grant = await begun(1000);
    expect(grant).toMatchObject({ partSize: 1000, parts: [{ partNumber: 1 }] });
    const response = await complete(grant.uploadId, await putAll(grant, 1000));
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ uploadId: grant.uploadId, size: 1000 });
    expect(await metadata.uploads.byId(grant.uploadId)).toMatchObject({
      completed: true,
      size: 1000,
      key: uploadKey(grant.uploadId),
      sha256: hex(await crypto.subtle.digest('SHA-256', new Uint8Array(1000).fill(1))),
    });
    expect(await objects.head(uploadKey(grant.uploadId))).toMatchObject({ size: 1000 });
  });

  test('of a large file goes up in parts; completing it again gives the same answer', async () => {
    const size = 2 * 8 * 1024 * 1024 + 3;
    const grant = await begun(size);
    expect(grant.parts).toHaveLength(3);
    const parts = await putAll(grant, size);
    for (const _ of ['first', 'second']) {
      const response = await complete(grant.uploadId, parts);
      expect(await response.json()).toEqual({ uploadId: grant.uploadId, size });
    }
    expect(await objects.head(uploadKey(grant.uploadId))).toMatchObject({
      size,
      contentType: 'application/zip',
    });
  });

  test('is not complete when its bytes were never put', async () => {
    const { uploadId } = await begun(1000);
    const response = await complete(uploadId, [{ partNumber: 1, etag: '"none"' }]);
    expect(await codeOf(response)).toEqual([409, 'upload_incomplete']);
    expect(await metadata.uploads.byId(uploadId)).toMatchObject({ completed: false });
  });

  test('is not complete without its last part, and can still be completed with it', async () => {
    const grant = await begun(MULTIPART_FROM_BYTES);
    const parts = await putAll(grant, MULTIPART_FROM_BYTES);
    expect(await codeOf(await complete(grant.uploadId, parts.slice(0, 1)))).toEqual([
      409,
      'upload_incomplete',
    ]);
    expect((await complete(grant.uploadId, parts)).status).toBe(200);
  });

  test('of another size than announced is refused and removed', async () => {
    const { uploadId } = await begun(1000);
    // The address takes 1,000 bytes and no others: this is what a storage that does not mind would have.
    await objects.put(incomingKey(uploadKey(uploadId)), new Uint8Array(999), 'application/zip');
    const response = await complete(uploadId, [{ partNumber: 1, etag: '"any"' }]);
    expect(await codeOf(response)).toEqual([409, 'upload_incomplete']);
    expect((await objects.list(`uploads/${uploadId}/`)).keys).toEqual([]);
  });

  test('is refused while 200 of its team are not completed, and only of its team', async () => {
    const ownerId = crypto.randomUUID();
    const own = await tokenOf({ ownerId });
    const left = Array.from({ length: 199 }, () => uploadRecord({ ownerId }));
    for (const upload of left) await metadata.uploads.insert(upload);
    expect((await begin({ name: 'a.zip', size: 1 }, own)).status).toBe(201);
    const refused = await begin({ name: 'a.zip', size: 1 }, own);
    expect(refused.status).toBe(429);
    expect(refused.headers.get('Retry-After')).toBe('3600');
    expect(await refused.json()).toMatchObject({
      error: { message: 'This team has 200 incomplete uploads' },
    });
    expect((await begin({ name: 'a.zip', size: 1 })).status).toBe(201);
    const kept = { key: 'uploads/kept.zip', sha256: '0'.repeat(64) };
    await metadata.uploads.complete(left[0]?.id ?? '', kept);
    expect((await begin({ name: 'a.zip', size: 1 }, own)).status).toBe(201);
  });

  test('begun more than a day ago is given up', async () => {
    const record = await insertUpload({ createdAt: new Date(Date.now() - 86_400_000).toISOString() });
    const own = await tokenOf({ ownerId: record.ownerId });
    const response = await complete(record.id, [{ partNumber: 1, etag: '"any"' }], own);
    expect(await codeOf(response)).toEqual([409, 'upload_incomplete']);
  });

  test('belongs to who began it: for anybody else it is not there', async () => {
    const grant = await begun(10);
    const parts = await putAll(grant, 10);
    expect(await codeOf(await complete(grant.uploadId, parts, await tokenOf()))).toEqual([404, 'not_found']);
    expect(await codeOf(await complete('0123456789abcdef01234567', parts))).toEqual([404, 'not_found']);
    expect((await complete(grant.uploadId, parts)).status).toBe(200);
  });

  test.each([
    ['no size', { name: 'a.zip' }],
    ['an empty file', { name: 'a.zip', size: 0 }],
    ['more than 2 GiB', { name: 'a.zip', size: 2 ** 31 + 1 }],
    ['half a byte', { name: 'a.zip', size: 1.5 }],
    ['an unknown member', { name: 'a.zip', size: 1, key: 'elsewhere' }],
    ['a digest that is none', { name: 'a.zip', size: 1, sha256: 'abc' }],
    ['nothing', undefined],
  ])('with %s is refused', async (_, json) => {
    expect(await codeOf(await begin(json))).toEqual([400, 'bad_request']);
  });

  test.each([
    ['no parts', []],
    ['part 0', [{ partNumber: 0, etag: '"a"' }]],
    ['an empty ETag', [{ partNumber: 1, etag: '' }]],
  ])('completed with %s is refused', async (_, parts) => {
    const { uploadId } = await begun(10);
    expect(await codeOf(await complete(uploadId, parts))).toEqual([400, 'bad_request']);
  });

  test('needs a token that may deploy', async () => {
    const json = { name: 'a.zip', size: 1 };
    expect(await codeOf(await request('/api/uploads', { method: 'POST', json }))).toEqual([
      401,
      'unauthorized',
    ]);
    const reader = await tokenOf({ scopes: ['deployments:read', 'apps:write'] });
    expect(await codeOf(await begin(json, reader))).toEqual([403, 'forbidden']);
    expect(await codeOf(await complete('0123456789abcdef01234567', [], reader))).toEqual([403, 'forbidden']);
  });
});

describe('firstMissingPart', () => {
  test('names the lowest part that is not there, whatever the order', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 2 ** 31 }).chain((size) => {
          const whole = fc.constant(size);
          return fc.tuple(whole, fc.uniqueArray(fc.integer({ min: 1, max: 300 }), { maxLength: 300 }));
        }),
        ([size, numbers]) => {
          const missing = firstMissingPart(
            size,
            numbers.map((partNumber) => ({ partNumber, etag: 'x' })),
          );
          if (missing === null) return;
          expect(numbers).not.toContain(missing);
          for (let number = 1; number < missing; number++) expect(numbers).toContain(number);
        },
      ),
    );
  });

  test('is null when all are there', () => {
    const parts = [2, 1].map((partNumber) => ({ partNumber, etag: 'x' }));
    expect(firstMissingPart(MULTIPART_FROM_BYTES, parts)).toBeNull();
    expect(firstMissingPart(MULTIPART_FROM_BYTES + 1, parts)).toBe(3);
  });
});

async function insertUpload(members: Partial<UploadRecord>): Promise<UploadRecord> {
  const record = uploadRecord(members);
  const upload = { ...record, key: uploadKey(record.id) };
  await metadata.uploads.insert(upload);
  return upload;
}

describe('sweeping uploads', () => {
  // What other tests have begun is older, and would be removed first.
  beforeEach(forgetAll);
  const now = new Date('2026-11-20T12:00:00.000Z');
  const dayAgo = '2026-11-19T11:59:59.000Z';
  const hourAgo = '2026-11-20T11:00:00.000Z';

  test('removes what was abandoned a day ago, in storage and in metadata, and nothing else', async () => {
    const size = MULTIPART_FROM_BYTES;
    const key = `uploads/${crypto.randomUUID()}`;
    const plan = await presigner.begin(key, size, 'application/zip');
    const multipart = uploadRecord({ createdAt: dayAgo, key, size, multipartId: plan.multipartId });
    await metadata.uploads.insert(multipart);
    const single = await insertUpload({ createdAt: dayAgo });
    const recent = await insertUpload({ createdAt: hourAgo });
    const completed = await insertUpload({ createdAt: dayAgo });
    await metadata.uploads.complete(completed.id, { key: completed.key, sha256: '0'.repeat(64) });
    for (const upload of [single, recent, completed]) await objects.put(upload.key, 'x', 'application/zip');

    await sweepUploads(metadata, objects, presigner, now);

    for (const { id } of [multipart, single]) expect(await metadata.uploads.byId(id)).toBeNull();
    expect(await objects.head(single.key)).toBeNull();
    const part = await fetch(plan.parts[0]?.url ?? '', {
      method: 'PUT',
      body: new Uint8Array(plan.partSize),
    });
    expect(part.status).toBe(404);
    for (const upload of [recent, completed]) {
      expect(await metadata.uploads.byId(upload.id)).not.toBeNull();
      expect(await objects.head(upload.key)).not.toBeNull();
    }
  });

  test('goes on past one that storage does not give up, and comes back to it', async () => {
    const [stuck, free] = [
      await insertUpload({ createdAt: dayAgo }),
      await insertUpload({ createdAt: dayAgo }),
    ];
    const log = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const failing = {
      ...objects,
      delete: (keys: string[]) =>
        keys.includes(stuck.key) ? Promise.reject(new Error('locked')) : objects.delete(keys),
    };
    await sweepUploads(metadata, failing, presigner, now);
    expect(log).toHaveBeenCalledWith(expect.stringMatching(new RegExp(`${stuck.id}.*Error: locked`)));
    log.mockRestore();
    expect(await metadata.uploads.byId(free.id)).toBeNull();
    expect(await metadata.uploads.byId(stuck.id)).not.toBeNull();
    await sweepUploads(metadata, objects, presigner, now);
    expect(await metadata.uploads.byId(stuck.id)).toBeNull();
  });

  test('removes more than one page of them', async () => {
    const records = Array.from({ length: 120 }, () => uploadRecord({ createdAt: dayAgo }));
    for (const record of records) await metadata.uploads.insert({ ...record, key: uploadKey(record.id) });
    await sweepUploads(metadata, objects, presigner, now);
    expect(await metadata.uploads.abandoned(now.toISOString())).toEqual(
      expect.not.arrayContaining([expect.objectContaining({ createdAt: dayAgo })]),
    );
  }, 30_000);
});
