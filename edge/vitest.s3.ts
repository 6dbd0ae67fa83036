/** Before all tests: an S3 server for them: the S3 endpoint of a bucket in a workerd of its own. */
import { convertV4MiniflareOptions, Miniflare } from 'miniflare';
import type { TestProject } from 'vitest/node';

const credentials = { accessKeyId: 'access-key-of-the-tests', secretAccessKey: 'secret-key-of-the-tests' };

/** Where the server is, and who may use it. */
export interface S3Server {
  endpoint: string;
  bucket: string;
  accessKeyId: string;
  secretAccessKey: string;
}

declare module 'vitest' {
  interface ProvidedContext {
    s3: S3Server;
  }
}

/** Starts the server, tells the tests where it is, and gives what stops it. */
export default async function startS3(project: TestProject): Promise<() => Promise<void>> {
  const bucket = 'appflux';
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      host: '127.0.0.1',
      modules: true,
      script: 'export default {}',
      compatibilityDate: '2026-11-01',
      r2Buckets: { STORAGE: { id: bucket, s3Credentials: credentials } },
    }),
  );
  const { origin } = await miniflare.ready;
  project.provide('s3', { endpoint: `${origin}/cdn-cgi/local/r2/s3`, bucket, ...credentials });
  return () => miniflare.dispose();
}
