import { env } from 'cloudflare:workers';
import { isAppFluxError } from '@appflux/protocol';
import { describe, expect, inject, test } from 'vitest';
import type { S3Server } from '../../vitest.s3.ts';
import { createPresigner } from './presigner.ts';
import { createR2Objects } from './r2.ts';
import { createS3Objects } from './s3.ts';
import { S3Client } from './s3-client.ts';
import { objectStoreContract } from './testing/contract/objects.ts';
import { presignerContract } from './testing/contract/presigner.ts';
import { settleContract } from './testing/contract/settle.ts';

type Server = S3Server & { region: string };

declare module 'vitest' {
  interface ProvidedContext {
    /** Null where stack/foreign-s3.ts has not built it. */
    foreignS3: Server | null;
  }
}

objectStoreContract('the R2 binding', () => createR2Objects(env.STORAGE));

const endpoint: Server = { region: 'auto', ...inject('s3') };
const foreign = inject('foreignS3');

s3Contract('the S3 endpoint of R2', endpoint);

if (foreign === null) {
  test.skip(
    'storage in an S3 server that is not Cloudflare’s: run `node stack/foreign-s3.ts` once to build it',
  );
} else {
  s3Contract('an S3 server that is not Cloudflare’s', foreign);
}

function s3Contract(name: string, server: Server): void {
  const client = new S3Client(() => server);
  objectStoreContract(name, () => createS3Objects(client));
  const create = () => ({
    presigner: (now?: () => Date) => createPresigner(client, now),
    objects: createS3Objects(client),
  });
  presignerContract(name, create);
  settleContract(name, create);

  describe(`${name}, set up wrongly`, () => {
    test.each([
      ['another secret', { secretAccessKey: 'wrong' }],
      ['a bucket that is not there', { bucket: 'no-such-bucket' }],
    ])('%s makes everything unavailable, with a hint', async (_, change) => {
      const wrong = new S3Client(() => ({ ...server, ...change }));
      const objects = createS3Objects(wrong);
      const unavailable = (error: unknown) =>
        isAppFluxError(error, 'unavailable') && error.hint?.includes('S3_BUCKET') === true;
      await expect(objects.ping()).rejects.toSatisfy(unavailable);
      await expect(objects.get('key')).rejects.toSatisfy(unavailable);
      await expect(objects.put('key', '', 'text/plain')).rejects.toSatisfy(unavailable);
      await expect(objects.delete(['key'])).rejects.toSatisfy(unavailable);
      await expect(createPresigner(wrong).begin('key', 2 ** 30, 'text/plain')).rejects.toSatisfy(unavailable);
    });
  });
}
