/** Chooses the keeper of metadata. */
import type { Env } from '../env.ts';
import { createD1Metadata } from './d1/index.ts';
import type { Metadata } from './metadata.ts';

/** The metadata of this instance. Cheap: it opens nothing until it is asked something. */
export function metadataOf(env: Env): Metadata {
  return createD1Metadata(env.METADATA);
}
