/** How this host enforces the disk limit of builds. */
import { readFile, readlink } from 'node:fs/promises';
import { findProgram } from '../../find-program.ts';

/**
 * - `file_system`: the source tree lies on a file system of the attempt's own, which ends where the limit does.
 * - `watch`: the tree is measured while the build runs, which can pass its limit in between.
 */
export type DiskLimit = { readonly kind: 'file_system' } | { readonly kind: 'watch'; readonly why: string };

export interface DiskHost {
  readonly platform: NodeJS.Platform;
  readonly root: boolean;
  /** Names of programs that are needed and missing. */
  readonly missing: readonly string[];
  /** The engine sees what this process mounts. */
  readonly sharesMounts: boolean;
}

/** The method that a host supports. Only trying shows whether mounting succeeds. Pure. */
export function diskLimitOf(host: DiskHost): DiskLimit {
  if (host.platform !== 'linux') return { kind: 'watch', why: 'only Linux has loop devices' };
  if (!host.root) return { kind: 'watch', why: 'only root can mount a file system per build' };
  if (host.missing.length > 0) return { kind: 'watch', why: `${host.missing.join(', ')} is missing` };
  if (!host.sharesMounts) return { kind: 'watch', why: 'the engine can’t see what the runner mounts' };
  return { kind: 'file_system' };
}

/** Checks this host. */
export async function diskLimit(): Promise<DiskLimit> {
  const programs = ['mkfs.ext4', 'mount', 'umount'];
  const found = await Promise.all(programs.map(findProgram));
  return diskLimitOf({
    platform: process.platform,
    root: process.getuid?.() === 0,
    missing: programs.filter((_, index) => found[index] === null),
    sharesMounts: await sharesMounts(process.env.DOCKER_HOST),
  });
}

/** Where an engine of this host listens, and where it writes its process id; /var/run is a link to /run. */
const LOCAL_SOCKET = /^unix:\/\/\/(?:var\/)?run\/docker\.sock$/;
const ENGINE_PID = '/run/docker.pid';

/**
 * Whether the engine runs in this process's mount namespace (mount_namespaces(7)). One on another host, or a runner in a
 * container, would hand an empty folder to builds.
 */
async function sharesMounts(dockerHost: string | undefined): Promise<boolean> {
  if (dockerHost !== undefined && dockerHost !== '' && !LOCAL_SOCKET.test(dockerHost)) return false;
  try {
    const pid = Number.parseInt(await readFile(ENGINE_PID, 'utf8'), 10);
    return (await readlink(`/proc/${pid}/ns/mnt`)) === (await readlink('/proc/self/ns/mnt'));
  } catch {
    // No such file or process, or none that this user may look at: it cannot be known, and counts as no.
    return false;
  }
}
