import { isAppFluxError, MULTIPART_FROM_BYTES } from '@appflux/protocol';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createPresigner, partSizeOf } from './presigner.ts';
import { S3Client } from './s3-client.ts';

const MiB = 1024 * 1024;
const LARGEST = 10_000 * 64 * MiB;

describe('partSizeOf', () => {
  test('a file below 16 MiB is one part, and an empty one still has a part', () => {
    expect(partSizeOf(MULTIPART_FROM_BYTES - 1)).toBe(MULTIPART_FROM_BYTES - 1);
    expect(partSizeOf(1)).toBe(1);
    expect(partSizeOf(0)).toBe(1);
  });

  test('larger ones are cut into whole MiB from 8 to 64, in at most 10,000 parts', () => {
    fc.assert(
      fc.property(fc.integer({ min: MULTIPART_FROM_BYTES, max: LARGEST }), (size) => {
        const partSize = partSizeOf(size);
        expect(partSize % MiB).toBe(0);
        expect(partSize).toBeGreaterThanOrEqual(8 * MiB);
        expect(partSize).toBeLessThanOrEqual(64 * MiB);
        expect(Math.ceil(size / partSize)).toBeLessThanOrEqual(10_000);
      }),
    );
  });

  test('what 10,000 parts of 64 MiB cannot hold is refused', () => {
    expect(partSizeOf(LARGEST)).toBe(64 * MiB);
    expect(() => partSizeOf(LARGEST + 1)).toThrow(
      expect.toSatisfy((error) => isAppFluxError(error, 'body_too_large')),
    );
  });
});

describe('the URLs that others upload to and download from', () => {
  const server = {
    endpoint: 'http://127.0.0.1:8787/s3',
    bucket: 'builds',
    region: 'auto',
    accessKeyId: 'key',
    secretAccessKey: 'secret',
  };
  const read = (publicEndpoint?: string | null) =>
    createPresigner(
      new S3Client(() => ({ ...server, ...(publicEndpoint === undefined ? {} : { publicEndpoint }) })),
    ).readUrl('uploads/1.zip', 60);

  test('are at the public endpoint, and signed for its host', async () => {
    const url = new URL(await read('https://flux.example.com/s3'));
    expect(url.origin + url.pathname).toBe('https://flux.example.com/s3/builds/uploads/1.zip');
    expect(url.searchParams.get('X-Amz-SignedHeaders')).toContain('host');
  });

  test.each([undefined, null])('are at the endpoint itself where there is no other (%s)', async (none) => {
    expect(await read(none)).toMatch(/^http:\/\/127\.0\.0\.1:8787\/s3\/builds\/uploads\/1\.zip\?/);
  });
});
