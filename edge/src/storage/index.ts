/** The storage that this instance is set up with. */
import type { Env } from '../env.ts';
import { countingErrors } from '../isolate-counts.ts';
import { setting } from '../settings.ts';
import { durableObjects, durablePresigner, syncOf } from './durable.ts';
import { KeptHealth } from './health.ts';
import { createPresigner } from './presigner.ts';
import { createR2Objects } from './r2.ts';
import { createS3Objects, pingBucket } from './s3.ts';
import { S3Client } from './s3-client.ts';
import type { ObjectStore, Presigner } from './storage.ts';

/** One per set of bindings: every request needs them, and they hold nothing of a request. */
const stores = new WeakMap<Env, ObjectStore>();
const presigners = new WeakMap<Env, Presigner>();

/** Objects: by the R2 binding, or with STORAGE_DRIVER=s3 by the S3 API. */
export function objectsOf(env: Env): ObjectStore {
  const objects = stores.get(env) ?? createObjects(env);
  stores.set(env, objects);
  return objects;
}

function createObjects(env: Env): ObjectStore {
  const sync = syncOf(env);
  const objects = env.STORAGE_DRIVER === 's3' ? createS3Objects(clientOf(env)) : createR2Objects(env.STORAGE);
  return countingErrors(sync === null ? objects : durableObjects(objects, sync));
}

/** Presigned requests: always by the S3 API, with R2 by the bucket's own endpoint. */
export function presignerOf(env: Env): Presigner {
  const presigner = presigners.get(env) ?? newPresigner(env);
  presigners.set(env, presigner);
  return presigner;
}

function newPresigner(env: Env): Presigner {
  const sync = syncOf(env);
  const presigner = createPresigner(clientOf(env));
  return countingErrors(sync === null ? presigner : durablePresigner(presigner, sync));
}

/** What storage's health was at last, by the settings that it was asked with. */
const kept = new Map<string, KeptHealth>();

/**
 * Whether storage works: at the endpoint that uploads go to and, with R2, by the binding that everything is read with.
 * The answer is some seconds old at most. `onFailure` gets what is wrong, when it was just found.
 */
export function storageWorks(env: Env, onFailure: (error: unknown) => void): Promise<boolean> {
  const key = [env.STORAGE_DRIVER, env.S3_ENDPOINT, env.S3_BUCKET, env.S3_ACCESS_KEY_ID].join(' ');
  const health = kept.get(key) ?? new KeptHealth();
  kept.set(key, health);
  return health.works(async () => {
    try {
      await pingBucket(clientOf(env));
      if (env.STORAGE_DRIVER !== 's3') await objectsOf(env).ping();
      return true;
    } catch (error) {
      onFailure(error);
      return false;
    }
  });
}

/**
 * What most servers are set up with, and what R2 takes for its own `auto`.
 * Source: https://developers.cloudflare.com/r2/api/s3/api/#bucket-region
 */
const USUAL_REGION = 'us-east-1';

const clientOf = (env: Env): S3Client =>
  new S3Client(() => ({
    endpoint: setting(env, 'S3_ENDPOINT'),
    publicEndpoint: env.S3_PUBLIC_ENDPOINT || null,
    bucket: env.S3_BUCKET,
    region: env.S3_REGION ?? USUAL_REGION,
    accessKeyId: setting(env, 'S3_ACCESS_KEY_ID'),
    secretAccessKey: setting(env, 'S3_SECRET_ACCESS_KEY'),
  }));
