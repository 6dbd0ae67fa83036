/** A file system of a test's own that is small enough to fill. */
import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface SmallDisk {
  readonly folder: string;
  /** Writes a file until no more than so many bytes are free; all of them by default. */
  fill(leaveBytes?: number): void;
  /** Removes what `fill` wrote. */
  empty(): void;
  /** Also while it is in use. */
  unmount(): void;
}

/** Whether this user can mount file systems here. Only root can, and not in every container. */
export function canMount(): boolean {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return false;
  try {
    mountSmallDisk(1).unmount();
    return true;
  } catch {
    // Not permitted in this container: tests that need it are skipped and say so.
    return false;
  }
}

/** Mounts a file system of so many MiB in memory. */
export function mountSmallDisk(mebibytes: number): SmallDisk {
  const folder = mkdtempSync(join(tmpdir(), 'appflux-disk-'));
  const filling = join(folder, 'filling');
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${mebibytes}m`, 'tmpfs', folder], { stdio: 'pipe' });
  } catch (error) {
    rmSync(folder, { recursive: true });
    throw error;
  }
  const free = () => {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize;
  };
  return {
    folder,
    fill: (leaveBytes = 0) => {
      const file = openSync(filling, 'a');
      const block = Buffer.alloc(4096);
      try {
        while (free() > leaveBytes) writeSync(file, block);
      } finally {
        closeSync(file);
      }
    },
    empty: () => rmSync(filling, { force: true }),
    unmount: () => {
      execFileSync('umount', ['--lazy', folder]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
