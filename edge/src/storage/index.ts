/** The storage that this instance is set up with. */
import { type Env, setting } from '../env.ts';
import { createR2Objects } from './r2.ts';
import { createS3Objects } from './s3.ts';
import { S3Client } from './s3-client.ts';
import type { ObjectStore, Uploads } from './storage.ts';
import { createUploads } from './uploads.ts';

/** Objects: by the R2 binding, or with STORAGE_DRIVER=s3 by the S3 API. */
export const objectsOf = (env: Env): ObjectStore =>
  env.STORAGE_DRIVER === 's3' ? createS3Objects(clientOf(env)) : createR2Objects(env.STORAGE);

/** Uploads: always by the S3 API; with R2 that is the bucket's own S3 door. */
export const uploadsOf = (env: Env): Uploads => createUploads(clientOf(env));

/**
 * What most servers are set up with, and what R2 takes for its own `auto`.
 * Source: https://developers.cloudflare.com/r2/api/s3/api/#bucket-region
 */
const USUAL_REGION = 'us-east-1';

const clientOf = (env: Env): S3Client =>
  new S3Client(() => ({
    endpoint: setting(env, 'S3_ENDPOINT'),
    bucket: env.S3_BUCKET,
    region: env.S3_REGION ?? USUAL_REGION,
    accessKeyId: setting(env, 'S3_ACCESS_KEY_ID'),
    secretAccessKey: setting(env, 'S3_SECRET_ACCESS_KEY'),
  }));
