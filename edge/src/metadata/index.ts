/** Chooses the backend of metadata. */
import type { Env } from '../env.ts';
import { objectsOf } from '../storage/index.ts';
import { archivedMetadata } from './archive/archived.ts';
import { createD1Metadata } from './d1/index.ts';
import { FURTHER_DATABASES } from './further-databases.ts';
import type { Metadata } from './metadata.ts';
import { mongoOf } from './mongo/object.ts';
import { remoteMetadata } from './mongo/remote.ts';
import { createShardedMetadata } from './sharded/index.ts';

/** One per set of bindings: every request needs it, and it holds nothing of a request. */
const known = new WeakMap<Env, Metadata>();

/**
 * The metadata of this instance: MongoDB's where MONGODB_URI is set, else that of D1, in one database or several. Cheap: it
 * opens nothing until it is asked something.
 */
export function metadataOf(env: Env): Metadata {
  const metadata = known.get(env) ?? createMetadata(env);
  known.set(env, metadata);
  return metadata;
}

const createMetadata = (env: Env): Metadata => archivedMetadata(backendOf(env), () => objectsOf(env));

function backendOf(env: Env): Metadata {
  if (env.MONGODB_URI) return remoteMetadata(() => mongoOf(env));
  const others = FURTHER_DATABASES.map((binding) => env[binding]);
  return others.every((database) => database === undefined)
    ? createD1Metadata(env.METADATA)
    : createShardedMetadata([env.METADATA, ...others]);
}

/** Whether the backend of this instance has a use for DeploymentStore.keepLogTail. */
export const keepsLogTails = (env: Env): boolean => Boolean(env.MONGODB_URI);
