/** The health of an instance whose S3 endpoint is dead, although everything else works. */
import { expect, it, onTestFinished } from 'vitest';
import { findForeignS3 } from '../../stack/foreign-s3/install.ts';
import { startForeignS3 } from '../../stack/foreign-s3/serve.ts';
import { freePort, startInstance } from '../instance/edge.ts';

const DOWN = {
  status: 503,
  body: { status: 'down', parts: { metadata: 'ok', storage: 'down', queue: 'ok' } },
};

async function healthOf({ url }: { url: string }) {
  const response = await fetch(`${url}/api/health`);
  return { status: response.status, body: await response.json() };
}

it('the embedded bucket works, but nothing listens at the URL for uploads: storage is down', async () => {
  const S3_ENDPOINT = `http://127.0.0.1:${await freePort()}`;
  const edge = await startInstance({ variables: { S3_ENDPOINT } });
  onTestFinished(() => edge.stop());
  expect(await healthOf(edge)).toMatchObject(DOWN);
});

const program = await findForeignS3();
it.skipIf(program === null)('another S3 server stops: storage is reported as down', async () => {
  const { server, stop } = await startForeignS3(program ?? '');
  onTestFinished(stop);
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
  onTestFinished(() => edge.stop());
  expect(await healthOf(edge)).toMatchObject({ status: 200, body: { parts: { storage: 'ok' } } });
  await stop();
  await expect.poll(() => healthOf(edge)).toMatchObject(DOWN);
});
