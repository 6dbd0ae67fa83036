/** The parts of a snapshot that are not in the state folder: metadata for MongoDB, objects for an S3 server. */
import { createReadStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { StackProblem } from '../problem.ts';
import { collectionOf, insertDocuments, isEmptyDatabase } from './capture/mongo.ts';
import { objectPath, PREFIXES } from './capture/objects.ts';
import type { FileEntry, Manifest } from './format/manifest.ts';
import type { RestoreOutside } from './restore.ts';

const PREFIX = objectPath('');

const keyOf = ({ path }: FileEntry): string => path.slice(PREFIX.length);

const isBucketObject = ({ path }: FileEntry): boolean => path.startsWith(PREFIX);

const refused = (message: string, advice: string) => new StackProblem('restore_refused', message, advice);

/**
 * Refuses a restore whose settings don't fit the snapshot, or whose database or bucket holds something else already.
 * @throws StackProblem `restore_refused`
 */
export async function refuseUnlessReady(manifest: Manifest, outside: RestoreOutside): Promise<void> {
  const hasMongo = manifest.files.some(({ path }) => collectionOf(path) !== null);
  const { mongodbUri, bucket } = outside;
  if (hasMongo && mongodbUri === null)
    throw refused("The snapshot's metadata is from MongoDB", 'set MONGODB_URI to an empty database');
  if (!hasMongo && mongodbUri !== null)
    throw refused(
      "The snapshot's metadata is from the embedded D1",
      'unset MONGODB_URI; "npm run metadata:copy" can move it after the restore',
    );
  if (mongodbUri !== null && !(await isEmptyDatabase(mongodbUri)))
    throw refused('The database of MONGODB_URI is not empty', 'name another database in MONGODB_URI');
  const hasObjects = manifest.files.some(isBucketObject);
  const hasEmbedded = manifest.files.some(({ kind, path }) => kind === 'object' && !path.startsWith(PREFIX));
  if (hasObjects && bucket === null)
    throw refused(
      "The snapshot's objects are from an S3 server",
      'set S3_ENDPOINT, S3_BUCKET, S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY to a bucket for them',
    );
  if (hasEmbedded && bucket !== null)
    throw refused("The snapshot's objects are from the embedded storage", 'unset the S3_… variables');
  if (bucket !== null) await refuseOtherObjects(manifest, bucket);
}

/** What is in the bucket as it was is left there: often only the machine is lost. Anything else is never overwritten. */
async function refuseOtherObjects(
  manifest: Manifest,
  bucket: NonNullable<RestoreOutside['bucket']>,
): Promise<void> {
  const wanted = wantedObjects(manifest);
  for (const prefix of PREFIXES) {
    for await (const { key, size } of bucket.list(prefix)) {
      const entry = wanted.get(key);
      if (entry !== undefined && size !== null && entry.size !== size)
        throw refused(
          `The bucket ${bucket.name} has another object at ${key}`,
          'use an empty bucket, or the one that the instance had',
        );
    }
  }
}

const wantedObjects = (manifest: Manifest): Map<string, FileEntry> =>
  new Map(manifest.files.filter(isBucketObject).map((entry) => [keyOf(entry), entry]));

/** Puts what has been read and checked, and lies below `folder`, where the instance will look for it. */
export async function putOutside(
  manifest: Manifest,
  folder: string,
  { bucket, mongodbUri, publicUrl }: RestoreOutside,
  detail: (text: string) => void,
): Promise<void> {
  if (bucket !== null) {
    const wanted = wantedObjects(manifest);
    for (const prefix of PREFIXES) {
      for await (const { key, etag, size } of bucket.list(prefix)) {
        if (wanted.get(key)?.seen === `${etag}:${size}`) wanted.delete(key);
      }
    }
    let done = 0;
    for (const [key, { path, size, contentType = null }] of wanted) {
      await bucket.put(key, createReadStream(join(folder, path)), size, contentType);
      done += 1;
      detail(`${done} of ${wanted.size} objects`);
    }
    await rm(join(folder, 'objects'), { recursive: true, force: true });
  }
  if (mongodbUri !== null) {
    detail('metadata');
    await insertDocuments(mongodbUri, manifest.files, folder, publicUrl);
  }
}
