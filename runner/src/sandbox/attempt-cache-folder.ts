/** Where an attempt's cache is in the attempt's own folder. */
import { join } from 'node:path';

/** Where a build writes of one mount. */
export interface WrittenFolder {
  /** What this build writes. */
  readonly upper: string;
  /** The overlay's own scratch room (Linux, Documentation/filesystems/overlayfs.rst). */
  readonly work: string;
}

/** Where an attempt's `node_modules` is, where a later build may reuse it. */
export interface PackagesFolder extends WrittenFolder {
  /** Holds both; where they have a file system of their own, it is mounted here. */
  readonly at: string;
  /** The file that holds that file system. */
  readonly image: string;
  /** Where those of an earlier build are mounted, if they are such a file. */
  readonly reused: string;
}

/** The folders of one attempt's cache, inside the attempt's own. */
export interface AttemptCacheFolder extends WrittenFolder {
  readonly top: string;
  readonly packages: PackagesFolder;
  /** Names the layers that the build reads, so that nobody removes them meanwhile. */
  readonly lease: string;
}

/** Where an attempt's cache lies in the attempt's folder, which goes when the attempt is over, and the lease with it. */
export function attemptCacheFolder(attemptTop: string): AttemptCacheFolder {
  const top = join(attemptTop, 'cache');
  const packages = join(top, 'packages');
  const written = (folder: string) => ({ upper: join(folder, 'upper'), work: join(folder, 'work') });
  return {
    top,
    ...written(top),
    packages: {
      ...written(packages),
      at: packages,
      image: `${packages}.ext4`,
      reused: join(top, 'reused'),
    },
    lease: join(top, 'lease.json'),
  };
}
