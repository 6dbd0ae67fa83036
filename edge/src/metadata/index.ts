/** Chooses the backend of metadata. */
import type { Env } from '../env.ts';
import { createD1Metadata } from './d1/index.ts';
import type { Metadata } from './metadata.ts';
import { mongoOf } from './mongo/object.ts';
import { remoteMetadata } from './mongo/remote.ts';

/** The metadata of this instance: MongoDB's where MONGODB_URI is set. Cheap: it opens nothing until it is asked something. */
export function metadataOf(env: Env): Metadata {
  return env.MONGODB_URI ? remoteMetadata(() => mongoOf(env)) : createD1Metadata(env.METADATA);
}

/** Whether the backend of this instance has a use for DeploymentStore.keepLogTail. */
export const keepsLogTails = (env: Env): boolean => Boolean(env.MONGODB_URI);
