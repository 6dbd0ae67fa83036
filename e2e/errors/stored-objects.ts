/** The objects in an instance's bucket, listed at its S3 endpoint. */
import { AwsClient } from 'aws4fetch';
import { s3Endpoint } from '../../stack/edge/config.ts';

/** The bucket and the keys that `startInstance` configures. */
const BUCKET = 'appflux-test';
const KEYS = { accessKeyId: 'test-access-key-id', secretAccessKey: 'test-secret-access-key' };

/** The keys of the objects whose key begins with `prefix`; at most a thousand, which is more than a test creates. */
export async function storedObjects(instance: { url: string }, prefix: string): Promise<string[]> {
  const s3 = new AwsClient({ ...KEYS, service: 's3', region: 'auto' });
  const url = new URL(`${s3Endpoint(Number(new URL(instance.url).port))}/${BUCKET}`);
  url.search = new URLSearchParams({ 'list-type': '2', prefix }).toString();
  const answer = await s3.fetch(url);
  const text = await answer.text();
  if (!answer.ok) throw new Error(`storage answered ${answer.status}: ${text}`);
  return [...text.matchAll(/<Key>([^<]*)<\/Key>/g)].map((match) => match[1] ?? '');
}
