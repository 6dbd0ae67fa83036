/** What every way to upload must do: done as a browser or a runner does it, by `fetch` and nothing else. */
import { isAppFluxError, MULTIPART_FROM_BYTES } from '@appflux/protocol';
import { describe, expect, test } from 'vitest';
import { settleUpload } from '../../settle.ts';
import type { ObjectStore, Presigner, UploadPlan } from '../../storage.ts';
import { bytesOf, freshPrefix, HARD_NAMES, MiB, pattern, sha256 } from './samples.ts';

export type Part = { partNumber: number; etag: string };

/** PUTs bytes to a presigned URL. */
export const put = (url: string, body: Uint8Array<ArrayBuffer>): Promise<Response> =>
  fetch(url, { method: 'PUT', body });

/** PUTs every part of `bytes`, and gives what completing needs. */
export async function putAll(
  { partSize, parts }: UploadPlan,
  bytes: Uint8Array<ArrayBuffer>,
): Promise<Part[]> {
  const uploaded: Part[] = [];
  for (const { partNumber, url } of parts) {
    const response = await put(url, bytes.slice((partNumber - 1) * partSize, partNumber * partSize));
    expect(response.status, await response.text()).toBe(200);
    uploaded.push({ partNumber, etag: response.headers.get('etag') ?? '' });
  }
  return uploaded;
}

/** Ends an upload of `size` bytes whose SHA-256 was not announced, unless it is given. */
export const settle = (
  storage: { presigner: Presigner; objects: ObjectStore },
  { key, multipartId }: UploadPlan,
  size: number,
  parts: Part[],
  sha256: string | null = null,
) => settleUpload(storage, { key, multipartId, size, sha256 }, parts);

/** A presigner for the bucket of a store; `now` is its clock. */
export interface PresignerUnderTest {
  presigner: (now?: () => Date) => Presigner;
  objects: ObjectStore;
}

/** The tests of a Presigner, done the way a browser or a runner does them: by `fetch` and nothing else. */
export function presignerContract(name: string, create: () => PresignerUnderTest): void {
  describe(`uploads into ${name}`, () => {
    test.each(HARD_NAMES)('a small file is one PUT: %s', async (hard) => {
      const { presigner, objects } = create();
      const key = freshPrefix() + hard;
      const plan = await presigner().begin(key, 70_000, 'application/zip');
      expect(plan).toMatchObject({ multipartId: null, parts: [{ partNumber: 1 }] });
      const parts = await putAll(plan, pattern(70_000));
      expect(await settle({ presigner: presigner(), objects }, plan, 70_000, parts)).toMatchObject({ key });
      const got = await objects.get(key);
      expect(got && (await bytesOf(got.body))).toEqual(pattern(70_000));
    });

    test('an empty file can be uploaded', async () => {
      const { presigner, objects } = create();
      const key = `${freshPrefix()}empty`;
      const plan = await presigner().begin(key, 0, 'application/octet-stream');
      await settle({ presigner: presigner(), objects }, plan, 0, await putAll(plan, pattern(0)));
      expect(await objects.head(key)).toMatchObject({ size: 0 });
    });

    test('a large file goes up in parts, in any order, and comes back whole', async () => {
      const { presigner, objects } = create();
      const key = `${freshPrefix()}large file+.bin`;
      const size = 2 * 8 * MiB + 12_345;
      const plan = await presigner().begin(key, size, 'application/x-thing');
      expect(plan.multipartId).not.toBeNull();
      expect(plan.parts.map((part) => part.partNumber)).toEqual([1, 2, 3]);
      const bytes = pattern(size);
      const parts = await putAll({ ...plan, parts: plan.parts.toReversed() }, bytes);
      await presigner().complete(key, plan.multipartId, parts);
      expect(await objects.head(key)).toMatchObject({ size, contentType: 'application/x-thing' });
      const got = await objects.get(key);
      expect(got && (await sha256(await bytesOf(got.body)))).toBe(await sha256(bytes));
      const seam = await objects.get(key, { offset: 8 * MiB - 5, length: 10 });
      expect(seam && (await bytesOf(seam.body))).toEqual(bytes.slice(8 * MiB - 5, 8 * MiB + 5));
    }, 30_000);

    test('a plan that is asked for again goes on with the same upload, and completing twice is once', async () => {
      const { presigner, objects } = create();
      const key = `${freshPrefix()}resumed`;
      const size = MULTIPART_FROM_BYTES + 1;
      const begun = await presigner().begin(key, size, 'application/zip');
      const resumed = await presigner().resume(key, size, begun.multipartId);
      expect({ ...resumed, parts: resumed.parts.length }).toEqual({ ...begun, parts: begun.parts.length });
      const bytes = pattern(size);
      const [first] = await putAll({ ...begun, parts: begun.parts.slice(0, 1) }, bytes);
      const rest = await putAll({ ...resumed, parts: resumed.parts.slice(1) }, bytes);
      const parts = [...(first === undefined ? [] : [first]), ...rest];
      await presigner().complete(key, begun.multipartId, parts);
      await presigner().complete(key, begun.multipartId, parts);
      expect(await objects.head(key)).toMatchObject({ size });
    }, 30_000);

    test.each([
      ['one byte more', 1001],
      ['one byte less', 999],
    ])('storage refuses %s than was announced', async (_, sent) => {
      const { presigner, objects } = create();
      const plan = await presigner().begin(`${freshPrefix()}sized`, 1000, 'application/zip');
      expect((await put(plan.parts[0]?.url ?? '', pattern(sent))).status).toBe(403);
      expect(await objects.head(plan.key)).toBeNull();
    });

    test('an address is good for its key, its method and its time, and for nothing else', async () => {
      const { presigner, objects } = create();
      const { key, parts } = await presigner().begin(`${freshPrefix()}signed`, 5, 'application/zip');
      const url = parts[0]?.url ?? '';
      const elsewhere = url.replace('/signed?', '/other?');
      expect(elsewhere).not.toBe(url);
      expect((await put(elsewhere, pattern(5))).status).toBe(403);
      const later = new URL(url);
      later.searchParams.set('X-Amz-Expires', '604800');
      expect((await put(later.toString(), pattern(5))).status).toBe(403);
      expect((await fetch(url)).status).toBe(403);
      const anHourAgo = new Date(Date.now() - 3_601_000);
      const expired = await presigner(() => anHourAgo).resume(key, 5, null);
      expect((await put(expired.parts[0]?.url ?? '', pattern(5))).status).toBe(403);
      expect(await objects.head(key)).toBeNull();
      expect((await put(url, pattern(5))).status).toBe(200);
    });

    test('a presigned GET gives the bytes, and nothing once it ran out', async () => {
      const { presigner, objects } = create();
      const key = `${freshPrefix()}größe & more.zip`;
      await objects.put(key, 'source', 'application/zip');
      const response = await fetch(await presigner().readUrl(key, 60));
      expect(await response.text()).toBe('source');
      const aMinuteAgo = new Date(Date.now() - 61_000);
      const stale = await fetch(await presigner(() => aMinuteAgo).readUrl(key, 60));
      expect(stale.status).toBe(403);
      expect(await stale.text()).not.toContain('source');
    });

    test('a wrong ETag, a missing part and a part named twice are refused, and the upload can still be completed', async () => {
      const { presigner, objects } = create();
      const key = `${freshPrefix()}refused`;
      const size = MULTIPART_FROM_BYTES;
      const plan = await presigner().begin(key, size, 'application/zip');
      const [first, ...others] = await putAll(plan, pattern(size));
      if (first === undefined) throw new Error('There was no part');
      const complete = (parts: (typeof first)[]) => presigner().complete(key, plan.multipartId, parts);
      const incomplete = (error: unknown) => isAppFluxError(error, 'upload_incomplete');
      const hostile = { ...first, etag: '"</ETag><Part>&lt;' };
      await expect(complete([hostile, ...others])).rejects.toSatisfy(incomplete);
      await expect(complete([first, ...others, { partNumber: 9999, etag: first.etag }])).rejects.toSatisfy(
        incomplete,
      );
      await expect(complete([first, first, ...others])).rejects.toSatisfy(incomplete);
      expect(await objects.head(key)).toBeNull();
      await complete([first, ...others]);
      expect(await objects.head(key)).toMatchObject({ size });
    }, 30_000);

    test('an upload that was given up takes no more parts; giving up twice is no error', async () => {
      const { presigner, objects } = create();
      const key = `${freshPrefix()}aborted`;
      const size = MULTIPART_FROM_BYTES;
      const plan = await presigner().begin(key, size, 'application/zip');
      const bytes = pattern(size);
      const parts = await putAll({ ...plan, parts: plan.parts.slice(0, 1) }, bytes);
      await presigner().abort(key, plan.multipartId ?? '');
      await presigner().abort(key, plan.multipartId ?? '');
      // A server may also hang up instead of reading eight megabytes that it will not keep.
      const taken = await put(plan.parts[1]?.url ?? '', bytes.slice(plan.partSize)).then(
        (response) => response.ok,
        () => false,
      );
      expect(taken).toBe(false);
      await expect(presigner().complete(key, plan.multipartId, parts)).rejects.toSatisfy((error) =>
        isAppFluxError(error, 'upload_incomplete'),
      );
      expect(await objects.head(key)).toBeNull();
    }, 30_000);
  });
}
