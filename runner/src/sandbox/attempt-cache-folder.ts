/** Where an attempt's cache is in the attempt's own folder. */
import { join } from 'node:path';

/** The folders of one attempt's cache, inside the attempt's own. */
export interface AttemptCacheFolder {
  readonly top: string;
  /** What this build writes. */
  readonly upper: string;
  /** The overlay's own scratch room (Linux, Documentation/filesystems/overlayfs.rst). */
  readonly work: string;
  /** Names the layers that the build reads, so that nobody removes them meanwhile. */
  readonly lease: string;
}

/** Where an attempt's cache lies in the attempt's folder, which goes when the attempt is over, and the lease with it. */
export function attemptCacheFolder(attemptTop: string): AttemptCacheFolder {
  const top = join(attemptTop, 'cache');
  return { top, upper: join(top, 'upper'), work: join(top, 'work'), lease: join(top, 'lease.json') };
}
