/** What every keeper of objects and every way to upload must do. Each test has keys of its own. */
import { isAppFluxError, MULTIPART_FROM_BYTES } from '@appflux/protocol';
import { describe, expect, test } from 'vitest';
import { MIN_PART_BYTES, type ObjectStore, type UploadPlan, type Uploads } from './storage.ts';

/** Names that storage must give back as they were: what URLs, XML and file systems are tempted to change. */
const HARD_NAMES = [
  'My App 1.0.apk',
  'a+b&c=d;e@f,g$h.zip',
  '100% sure %2F %41.zip',
  "it's (really) fine!.zip",
  'größe-日本語-🚀.zip',
  '#hash~tilde^caret`tick{brace}[bracket].zip',
  '007',
];

const MiB = 1024 * 1024;

const freshPrefix = () => `contract/${crypto.randomUUID()}/`;

const bytesOf = async (stream: ReadableStream<Uint8Array>) =>
  new Uint8Array(await new Response(stream).arrayBuffer());

/** Bytes in which every position can be told from its neighbors. */
function pattern(size: number): Uint8Array<ArrayBuffer> {
  const words = new Uint32Array(Math.ceil(size / 4));
  for (let at = 0; at < words.length; at++) words[at] = Math.imul(at + 1, 2_654_435_761);
  return new Uint8Array(words.buffer, 0, size);
}

/** Bytes compared by digest: a difference of megabytes is not worth printing. */
const digest = async (bytes: Uint8Array<ArrayBuffer>) =>
  Array.from(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))).join();

/** The tests of an ObjectStore. `create` gives one on a bucket that others may use as well. */
export function objectStoreContract(name: string, create: () => ObjectStore): void {
  describe(`objects in ${name}`, () => {
    test('it answers', async () => {
      await expect(create().ping()).resolves.toBeUndefined();
    });

    test('what is put is there, with its size and type, until it is deleted', async () => {
      const objects = create();
      const key = `${freshPrefix()}greeting.txt`;
      await objects.put(key, 'grüß dich', 'text/plain');
      const head = await objects.head(key);
      expect(head).toMatchObject({ key, size: 11, contentType: 'text/plain' });
      expect(head?.etag).toMatch(/^[^"]+$/);
      const got = await objects.get(key);
      expect(got).toMatchObject({ key, size: 11, etag: head?.etag });
      expect(got && new TextDecoder().decode(await bytesOf(got.body))).toBe('grüß dich');
      await objects.delete([key]);
      expect(await objects.head(key)).toBeNull();
      expect(await objects.get(key)).toBeNull();
    });

    test('bytes come back as they went in, and a second put replaces the first', async () => {
      const objects = create();
      const key = `${freshPrefix()}bytes`;
      await objects.put(key, pattern(5000), 'application/octet-stream');
      await objects.put(key, pattern(3001).buffer.slice(0, 3001), 'application/octet-stream');
      const got = await objects.get(key);
      expect(got && (await bytesOf(got.body))).toEqual(pattern(3001));
    });

    test('an empty object is an object', async () => {
      const objects = create();
      const key = `${freshPrefix()}empty`;
      await objects.put(key, new Uint8Array(), 'application/octet-stream');
      expect(await objects.head(key)).toMatchObject({ size: 0 });
      const got = await objects.get(key);
      expect(got && (await bytesOf(got.body))).toEqual(new Uint8Array());
    });

    test.each([
      { offset: 0, length: 1 },
      { offset: 10, length: 90 },
      { offset: 999, length: 1 },
      { offset: 0, length: 1000 },
    ])('a range gives its bytes and the whole size: %o', async (range) => {
      const objects = create();
      const key = `${freshPrefix()}ranged`;
      await objects.put(key, pattern(1000), 'application/octet-stream');
      const got = await objects.get(key, range);
      expect(got?.size).toBe(1000);
      expect(got && (await bytesOf(got.body))).toEqual(
        pattern(1000).slice(range.offset, range.offset + range.length),
      );
    });

    test.each([
      { offset: 0, length: 100_000 },
      { offset: 999, length: 2 },
    ])('a range that goes past the end gives the bytes up to the end: %o', async (range) => {
      const objects = create();
      const key = `${freshPrefix()}short`;
      await objects.put(key, pattern(1000), 'application/octet-stream');
      const got = await objects.get(key, range);
      expect(got?.size).toBe(1000);
      expect(got && (await bytesOf(got.body))).toEqual(pattern(1000).slice(range.offset));
    });

    test('an object is written in parts, in any order, and is there once it is completed', async () => {
      const objects = create();
      const key = `${freshPrefix()}in parts`;
      const bytes = pattern(2 * MIN_PART_BYTES + 5);
      const parts = await objects.putParts(key, 'application/gzip');
      for (const number of [2, 3, 1]) {
        await parts.put(number, bytes.subarray((number - 1) * MIN_PART_BYTES, number * MIN_PART_BYTES));
      }
      expect(await objects.head(key)).toBeNull();
      await parts.complete();
      expect(await objects.head(key)).toMatchObject({ size: bytes.length, contentType: 'application/gzip' });
      const got = await objects.get(key);
      expect(got && (await digest(await bytesOf(got.body)))).toBe(await digest(bytes));
      const seam = await objects.get(key, { offset: MIN_PART_BYTES - 5, length: 10 });
      expect(seam && (await bytesOf(seam.body))).toEqual(bytes.slice(MIN_PART_BYTES - 5, MIN_PART_BYTES + 5));
    }, 30_000);

    test('parts that are given up leave what was there before; giving up twice is no error', async () => {
      const objects = create();
      const key = `${freshPrefix()}given up`;
      await objects.put(key, 'before', 'text/plain');
      const parts = await objects.putParts(key, 'text/plain');
      await parts.put(1, pattern(MIN_PART_BYTES));
      await parts.abort();
      await parts.abort();
      const got = await objects.get(key);
      expect(got && new TextDecoder().decode(await bytesOf(got.body))).toBe('before');
    }, 30_000);

    test.each(HARD_NAMES)('a name is kept as it is: %s', async (hard) => {
      const objects = create();
      const prefix = freshPrefix();
      const key = prefix + hard;
      await objects.put(key, hard, 'text/plain');
      const got = await objects.get(key);
      expect(got && new TextDecoder().decode(await bytesOf(got.body))).toBe(hard);
      expect(await objects.list(prefix)).toEqual({ keys: [key], cursor: null });
      await objects.delete([key]);
      expect(await objects.head(key)).toBeNull();
    });

    test('a list has the keys below its prefix and no others', async () => {
      const objects = create();
      const prefix = freshPrefix();
      for (const name of ['1/b', '1/a', '1/deep/er', '10/a'])
        await objects.put(prefix + name, '', 'text/plain');
      const { keys, cursor } = await objects.list(`${prefix}1/`);
      expect(keys).toEqual(['1/a', '1/b', '1/deep/er'].map((name) => prefix + name));
      expect(cursor).toBeNull();
      expect(await objects.list(freshPrefix())).toEqual({ keys: [], cursor: null });
    });

    test('a long list is paged, each key is in it once, and more than a thousand are deleted', async () => {
      const objects = create();
      const prefix = freshPrefix();
      const wanted = Array.from({ length: 1005 }, (_, at) => `${prefix}${String(at).padStart(4, '0')}`);
      const queue = [...wanted];
      const put = async () => {
        for (let key = queue.pop(); key !== undefined; key = queue.pop())
          await objects.put(key, '', 'text/plain');
      };
      await Promise.all(Array.from({ length: 6 }, put));
      const first = await objects.list(prefix);
      expect(first.keys.length).toBeLessThanOrEqual(1000);
      expect(first.cursor).not.toBeNull();
      const second = await objects.list(prefix, first.cursor ?? undefined);
      expect(second.cursor).toBeNull();
      expect([...first.keys, ...second.keys]).toEqual(wanted);
      await objects.delete(wanted);
      expect(await objects.list(prefix)).toEqual({ keys: [], cursor: null });
    }, 120_000);

    test('deleting what is not there, or nothing, is no error', async () => {
      const objects = create();
      await expect(objects.delete([`${freshPrefix()}nothing`])).resolves.toBeUndefined();
      await expect(objects.delete([])).resolves.toBeUndefined();
    });
  });
}

/** Uploads into the bucket of a keeper; `now` is what their clock says. */
export interface UploadsUnderTest {
  uploads: (now?: () => Date) => Uploads;
  objects: ObjectStore;
}

/** The tests of Uploads, done the way a browser or a runner does them: by `fetch` and nothing else. */
export function uploadsContract(name: string, create: () => UploadsUnderTest): void {
  const put = (url: string, body: Uint8Array<ArrayBuffer>) => fetch(url, { method: 'PUT', body });

  /** PUTs every part of `bytes`, as the plan says, and gives what `complete` wants to know. */
  async function putAll({ partSize, parts }: UploadPlan, bytes: Uint8Array<ArrayBuffer>) {
    const uploaded: { partNumber: number; etag: string }[] = [];
    for (const { partNumber, url } of parts) {
      const response = await put(url, bytes.slice((partNumber - 1) * partSize, partNumber * partSize));
      expect(response.status, await response.text()).toBe(200);
      uploaded.push({ partNumber, etag: response.headers.get('etag') ?? '' });
    }
    return uploaded;
  }

  describe(`uploads into ${name}`, () => {
    test.each(HARD_NAMES)('a small file is one PUT: %s', async (hard) => {
      const { uploads, objects } = create();
      const key = freshPrefix() + hard;
      const plan = await uploads().begin(key, 70_000, 'application/zip');
      expect(plan).toMatchObject({ multipartId: null, parts: [{ partNumber: 1 }] });
      const parts = await putAll(plan, pattern(70_000));
      await uploads().complete(key, plan.multipartId, parts);
      const got = await objects.get(key);
      expect(got && (await bytesOf(got.body))).toEqual(pattern(70_000));
    });

    test('an empty file can be uploaded', async () => {
      const { uploads, objects } = create();
      const key = `${freshPrefix()}empty`;
      const plan = await uploads().begin(key, 0, 'application/octet-stream');
      await uploads().complete(key, plan.multipartId, await putAll(plan, pattern(0)));
      expect(await objects.head(key)).toMatchObject({ size: 0 });
    });

    test('a large file goes up in parts, in any order, and comes back whole', async () => {
      const { uploads, objects } = create();
      const key = `${freshPrefix()}large file+.bin`;
      const size = 2 * 8 * MiB + 12_345;
      const plan = await uploads().begin(key, size, 'application/x-thing');
      expect(plan.multipartId).not.toBeNull();
      expect(plan.parts.map((part) => part.partNumber)).toEqual([1, 2, 3]);
      const bytes = pattern(size);
      const parts = await putAll({ ...plan, parts: plan.parts.toReversed() }, bytes);
      await uploads().complete(key, plan.multipartId, parts);
      expect(await objects.head(key)).toMatchObject({ size, contentType: 'application/x-thing' });
      const got = await objects.get(key);
      expect(got && (await digest(await bytesOf(got.body)))).toBe(await digest(bytes));
      const seam = await objects.get(key, { offset: 8 * MiB - 5, length: 10 });
      expect(seam && (await bytesOf(seam.body))).toEqual(bytes.slice(8 * MiB - 5, 8 * MiB + 5));
    }, 30_000);

    test('a plan that is asked for again goes on with the same upload, and completing twice is once', async () => {
      const { uploads, objects } = create();
      const key = `${freshPrefix()}resumed`;
      const size = MULTIPART_FROM_BYTES + 1;
      const begun = await uploads().begin(key, size, 'application/zip');
      const resumed = await uploads().resume(key, size, begun.multipartId);
      expect({ ...resumed, parts: resumed.parts.length }).toEqual({ ...begun, parts: begun.parts.length });
      const bytes = pattern(size);
      const [first] = await putAll({ ...begun, parts: begun.parts.slice(0, 1) }, bytes);
      const rest = await putAll({ ...resumed, parts: resumed.parts.slice(1) }, bytes);
      const parts = [...(first === undefined ? [] : [first]), ...rest];
      await uploads().complete(key, begun.multipartId, parts);
      await uploads().complete(key, begun.multipartId, parts);
      expect(await objects.head(key)).toMatchObject({ size });
    }, 30_000);

    test.each([
      ['one byte more', 1001],
      ['one byte less', 999],
    ])('storage refuses %s than was announced', async (_, sent) => {
      const { uploads, objects } = create();
      const key = `${freshPrefix()}sized`;
      const plan = await uploads().begin(key, 1000, 'application/zip');
      expect((await put(plan.parts[0]?.url ?? '', pattern(sent))).status).toBe(403);
      expect(await objects.head(key)).toBeNull();
    });

    test('an address is good for its key, its method and its time, and for nothing else', async () => {
      const { uploads, objects } = create();
      const key = `${freshPrefix()}signed`;
      const { parts } = await uploads().begin(key, 5, 'application/zip');
      const url = parts[0]?.url ?? '';
      const elsewhere = url.replace('/signed?', '/other?');
      expect((await put(elsewhere, pattern(5))).status).toBe(403);
      const later = new URL(url);
      later.searchParams.set('X-Amz-Expires', '604800');
      expect((await put(later.toString(), pattern(5))).status).toBe(403);
      expect((await fetch(url)).status).toBe(403);
      const anHourAgo = new Date(Date.now() - 3_601_000);
      const expired = await uploads(() => anHourAgo).begin(key, 5, 'application/zip');
      expect((await put(expired.parts[0]?.url ?? '', pattern(5))).status).toBe(403);
      expect(await objects.head(key)).toBeNull();
      expect((await put(url, pattern(5))).status).toBe(200);
    });

    test('a presigned GET gives the bytes, and nothing once it ran out', async () => {
      const { uploads, objects } = create();
      const key = `${freshPrefix()}größe & more.zip`;
      await objects.put(key, 'source', 'application/zip');
      const response = await fetch(await uploads().readUrl(key, 60));
      expect(await response.text()).toBe('source');
      const aMinuteAgo = new Date(Date.now() - 61_000);
      const stale = await fetch(await uploads(() => aMinuteAgo).readUrl(key, 60));
      expect(stale.status).toBe(403);
      expect(await stale.text()).not.toContain('source');
    });

    test('a wrong ETag, a missing part and a part named twice are refused, and the upload can still be completed', async () => {
      const { uploads, objects } = create();
      const key = `${freshPrefix()}refused`;
      const size = MULTIPART_FROM_BYTES;
      const plan = await uploads().begin(key, size, 'application/zip');
      const [first, ...others] = await putAll(plan, pattern(size));
      if (first === undefined) throw new Error('There was no part');
      const complete = (parts: (typeof first)[]) => uploads().complete(key, plan.multipartId, parts);
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
      const { uploads, objects } = create();
      const key = `${freshPrefix()}aborted`;
      const size = MULTIPART_FROM_BYTES;
      const plan = await uploads().begin(key, size, 'application/zip');
      const bytes = pattern(size);
      const parts = await putAll({ ...plan, parts: plan.parts.slice(0, 1) }, bytes);
      await uploads().abort(key, plan.multipartId ?? '');
      await uploads().abort(key, plan.multipartId ?? '');
      // A server may also hang up instead of reading eight megabytes that it will not keep.
      const taken = await put(plan.parts[1]?.url ?? '', bytes.slice(plan.partSize)).then(
        (response) => response.ok,
        () => false,
      );
      expect(taken).toBe(false);
      await expect(uploads().complete(key, plan.multipartId, parts)).rejects.toSatisfy((error) =>
        isAppFluxError(error, 'upload_incomplete'),
      );
      expect(await objects.head(key)).toBeNull();
    }, 30_000);
  });
}
