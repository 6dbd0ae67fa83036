/** How uploads end: with bytes that were checked, which no presigned URL can replace. */
import { isAppFluxError, MULTIPART_FROM_BYTES } from '@appflux/protocol';
import { describe, expect, test } from 'vitest';
import { keptKey } from '../../keys.ts';
import type { ObjectStore } from '../../storage.ts';
import { type PresignerUnderTest, put, putAll, settle } from './presigner.ts';
import { bytesOf, freshPrefix, pattern, sha256 } from './samples.ts';

/** Other bytes of the same size. */
const others = (size: number) => new Uint8Array(size).fill(7);

const digestOf = async (objects: ObjectStore, key: string) => {
  const got = await objects.get(key);
  return got && (await sha256(await bytesOf(got.body)));
};

const incomplete = (error: unknown) => isAppFluxError(error, 'upload_incomplete');

/** The tests of `settleUpload`. */
export function settleContract(name: string, create: () => PresignerUnderTest): void {
  const SIZES = [
    ['one PUT', 70_000],
    ['parts', MULTIPART_FROM_BYTES + 5],
  ] as const;

  describe(`ending uploads into ${name}`, { timeout: 60_000 }, () => {
    const storageOf = () => {
      const { presigner, objects } = create();
      return { presigner: presigner(), objects };
    };

    test.each(SIZES)('%s: what is stored is reported, and nothing else is left', async (_, size) => {
      const storage = storageOf();
      const prefix = freshPrefix();
      const plan = await storage.presigner.begin(`${prefix}file.zip`, size, 'application/zip');
      const parts = await putAll(plan, pattern(size));
      const kept = await settle(storage, plan, size, parts, await sha256(pattern(size)));
      expect(kept).toEqual({
        key: `${prefix}file.zip`,
        sha256: await sha256(pattern(size)),
        etag: (await storage.objects.head(`${prefix}file.zip`))?.etag,
      });
      expect(await storage.objects.list(prefix)).toEqual({ keys: [`${prefix}file.zip`], cursor: null });
    });

    test.each(SIZES)('%s: the same URLs do not reach it any more', async (_, size) => {
      const storage = storageOf();
      const plan = await storage.presigner.begin(`${freshPrefix()}file.zip`, size, 'application/zip');
      const kept = await settle(storage, plan, size, await putAll(plan, pattern(size)));
      const before = await storage.objects.head(kept.key);
      for (const { partNumber, url } of plan.parts) {
        const length = Math.min(plan.partSize, size - (partNumber - 1) * plan.partSize);
        // Refused, or taken where it does no harm. A server may also hang up instead of reading megabytes.
        await put(url, others(length)).catch(() => null);
      }
      expect(await storage.objects.head(kept.key)).toEqual(before);
      expect(await digestOf(storage.objects, kept.key)).toBe(await sha256(pattern(size)));
    });

    test('a URL for one PUT does not reach what is then uploaded in parts under the same key', async () => {
      const storage = storageOf();
      const key = `${freshPrefix()}file.zip`;
      const early = await storage.presigner.begin(key, 1000, 'application/zip');
      const size = MULTIPART_FROM_BYTES;
      const plan = await storage.presigner.begin(key, size, 'application/zip');
      const kept = await settle(storage, plan, size, await putAll(plan, pattern(size)));
      await put(early.parts[0]?.url ?? '', others(1000));
      expect(await digestOf(storage.objects, kept.key)).toBe(await sha256(pattern(size)));
    });

    test.each(SIZES)(
      '%s: bytes with another SHA-256 than announced are refused and removed',
      async (_, size) => {
        const storage = storageOf();
        const prefix = freshPrefix();
        const plan = await storage.presigner.begin(`${prefix}file.zip`, size, 'application/zip');
        const parts = await putAll(plan, others(size));
        const end = () =>
          sha256(pattern(size)).then((announced) => settle(storage, plan, size, parts, announced));
        await expect(end()).rejects.toSatisfy(incomplete);
        expect((await storage.objects.list(prefix)).keys).toEqual([]);
        await expect(end()).rejects.toSatisfy(incomplete);
      },
    );

    test.each(SIZES)('%s: without an announced SHA-256 it is computed', async (_, size) => {
      const storage = storageOf();
      const plan = await storage.presigner.begin(`${freshPrefix()}file.zip`, size, 'application/zip');
      const kept = await settle(storage, plan, size, await putAll(plan, pattern(size)));
      expect(kept.sha256).toBe(await sha256(pattern(size)));
    });

    test.each(SIZES)('%s: ended again, after the answer was lost, it is the same', async (_, size) => {
      const storage = storageOf();
      const plan = await storage.presigner.begin(`${freshPrefix()}file.zip`, size, 'application/zip');
      const parts = await putAll(plan, pattern(size));
      const kept = await settle(storage, plan, size, parts);
      expect(await settle(storage, plan, size, parts)).toEqual(kept);
    });

    test('what was never PUT is refused', async () => {
      const storage = storageOf();
      const plan = await storage.presigner.begin(`${freshPrefix()}file.zip`, 10, 'application/zip');
      await expect(settle(storage, plan, 10, [{ partNumber: 1, etag: '"x"' }])).rejects.toSatisfy(incomplete);
    });

    test('a PUT that version 0.1.0 planned, to the key itself, is kept elsewhere', async () => {
      const storage = storageOf();
      const key = `${freshPrefix()}file.zip`;
      const plan = await storage.presigner.resume(key, 1000, null);
      const kept = await settle(storage, plan, 1000, await putAll(plan, pattern(1000)));
      expect(kept.key).toBe(keptKey(key));
      await put(plan.parts[0]?.url ?? '', others(1000));
      expect(await digestOf(storage.objects, kept.key)).toBe(await sha256(pattern(1000)));
    });
  });
}
