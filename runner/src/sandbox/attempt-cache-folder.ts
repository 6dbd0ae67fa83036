/** Where an attempt's cache is in the attempt's own folder. */
import { join } from 'node:path';

/** Where a build writes of one mount. */
export interface WrittenFolder {
  /** What this build writes. */
  readonly upper: string;
  /** The overlay's own scratch room (Linux, Documentation/filesystems/overlayfs.rst). */
  readonly work: string;
}

/** The folders of one attempt's cache, inside the attempt's own. */
export interface AttemptCacheFolder extends WrittenFolder {
  readonly top: string;
  /** Those of `node_modules`, where a later build may reuse it. */
  readonly packages: WrittenFolder;
  /** Names the layers that the build reads, so that nobody removes them meanwhile. */
  readonly lease: string;
}

/** Where an attempt's cache lies in the attempt's folder, which goes when the attempt is over, and the lease with it. */
export function attemptCacheFolder(attemptTop: string): AttemptCacheFolder {
  const top = join(attemptTop, 'cache');
  const written = (folder: string) => ({ upper: join(folder, 'upper'), work: join(folder, 'work') });
  return {
    top,
    ...written(top),
    packages: written(join(top, 'packages')),
    lease: join(top, 'lease.json'),
  };
}
