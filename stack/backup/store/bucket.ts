/** A backup in a bucket, below a prefix. */
import { StackProblem } from '../../problem.ts';
import { type Bucket, bucketOf } from '../bucket.ts';
import { S3_SERVER_VARIABLES, type S3Server } from './s3-server.ts';
import { type BackupStore, isOurs, notThere } from './store.ts';

/** The store at `s3://bucket/prefix`. @throws StackProblem `arguments_invalid` */
export function bucketStore(target: string, server: S3Server | null): BackupStore {
  const [, name, prefix = ''] =
    /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/(.*?))?\/*$/.exec(target) ?? [];
  const segments = prefix === '' ? [] : prefix.split('/');
  if (name === undefined || segments.some((segment) => segment === '' || /^\.\.?$/.test(segment))) {
    throw new StackProblem(
      'arguments_invalid',
      `${target} names no bucket`,
      'write it as s3://bucket/prefix',
    );
  }
  if (server === null) {
    throw new StackProblem(
      'arguments_invalid',
      'The server of the bucket is not known',
      `set ${Object.values(S3_SERVER_VARIABLES).join(', ')}`,
    );
  }
  return storeIn(bucketOf({ ...server, bucket: name }), prefix === '' ? '' : `${prefix}/`, target);
}

function storeIn(bucket: Bucket, prefix: string, target: string): BackupStore {
  return {
    name: target,

    async list() {
      const sizes = new Map<string, number>();
      for await (const { key, size } of bucket.list(prefix)) {
        const name = key.slice(prefix.length);
        if (isOurs(name)) sizes.set(name, size ?? 0);
      }
      return sizes;
    },

    async get(name) {
      const object = await bucket.get(prefix + name);
      if (object === null) throw notThere(target, name);
      return new Uint8Array(await new Response(object.body).arrayBuffer());
    },

    put: (name, bytes) => bucket.put(prefix + name, whole(bytes), bytes.length, 'application/octet-stream'),

    async remove(names) {
      if (names.length > 0) await bucket.delete(names.map((name) => prefix + name));
    },

    close: async () => undefined,
  };
}

async function* whole(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
