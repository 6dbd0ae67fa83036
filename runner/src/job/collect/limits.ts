import { MAX_ARTIFACTS } from '@appflux/protocol';

/** What a build's output may be. */
export interface CollectLimits {
  /** Files of one site, and folders; a site is published file by file. */
  readonly files: number;
  /** Folders above a file. */
  readonly depth: number;
  /** Bytes of a path within its artifact, in UTF-8. */
  readonly pathBytes: number;
  /** Artifacts of one deployment: what its record takes. */
  readonly artifacts: number;
  /** Names that are looked at to match a glob. */
  readonly names: number;
}

export const COLLECT_LIMITS: CollectLimits = {
  files: 100_000,
  depth: 64,
  pathBytes: 1024,
  artifacts: MAX_ARTIFACTS,
  names: 500_000,
};
