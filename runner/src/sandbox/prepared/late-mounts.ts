/**
 * Mounts that a container gets while it waits: the runner mounts them on the host, below folders that the container has
 * as `rslave`, so that they appear in it, too (mount_namespaces(7)). For hosts whose engine sees what this process mounts.
 */
import { realpath } from 'node:fs/promises';
import { join, posix, relative } from 'node:path';
import type { MountSettings } from 'dockerode';
import { runProgram } from '../../programs/run-program.ts';
import type { AttemptFolder } from '../attempt-folder.ts';
import { CACHE_MOUNT, WORKSPACE } from '../container-spec.ts';
import { unmountWithin } from '../disk/file-system.ts';

/** One call of mount(8). */
export interface LateMount {
  readonly args: readonly string[];
  /** The path on the host. */
  readonly at: string;
}

/**
 * What to mount on the host so that a waiting container has these mounts. Those of its network's folder it has already.
 * @returns null if it can't have one of them: the build needs a container of its own then. Pure
 */
export function lateMounts(
  mounts: readonly MountSettings[],
  { workspace, net, cacheMount }: Pick<AttemptFolder, 'workspace' | 'net' | 'cacheMount'>,
): LateMount[] | null {
  const late: LateMount[] = [];
  for (const mount of mounts) {
    if (mount.Type === 'bind' && mount.Source === net) continue;
    const at = placeOf(mount.Target, workspace.source, cacheMount);
    const args = at === null ? null : argumentsOf(mount);
    if (at === null || args === null) return null;
    late.push({ args: [...args, at], at });
  }
  return late;
}

function placeOf(target: string, source: string, cacheMount: string): string | null {
  if (target === CACHE_MOUNT) return cacheMount;
  const path = posix.relative(WORKSPACE, target);
  return path === '' || path.startsWith('..') ? null : join(source, path);
}

function argumentsOf(mount: MountSettings): string[] | null {
  if (mount.ReadOnly) return null;
  if (mount.Type === 'bind') return ['--bind', '--', mount.Source];
  const { type, device, o } = mount.VolumeOptions?.DriverConfig?.Options ?? {};
  if (type === undefined || device === undefined || o === undefined) return null;
  return ['-t', type, '-o', o, '--', device];
}

/**
 * Mounts them, all or none. The paths below the source tree come from a project: one with a link in it is not mounted at.
 * @param top the attempt's folder, above all of them
 * @throws {ProgramFailure} if a mount fails
 */
export async function mountLate(top: string, mounts: readonly LateMount[]): Promise<void> {
  const realTop = await realpath(top);
  const done = await Promise.allSettled(
    mounts.map(async ({ args, at }) => {
      if ((await realpath(at)) !== join(realTop, relative(top, at))) throw new Error(`${at} leads elsewhere`);
      await runProgram('mount', args);
    }),
  );
  const failed = done.find((result) => result.status === 'rejected');
  if (failed === undefined) return;
  await unmountLate(mounts);
  throw failed.reason;
}

/** Unmounts them, and what is mounted below. */
export async function unmountLate(mounts: readonly LateMount[]): Promise<void> {
  await Promise.all(mounts.map(({ at }) => unmountWithin(at)));
}
