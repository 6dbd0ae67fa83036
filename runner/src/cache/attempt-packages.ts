/** The installed packages of one attempt: whether later builds can reuse them, and where they are mounted. */
import { lstat, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { ManagerVersion } from '@appflux/detection';
import type { Job, Plan } from '@appflux/protocol';
import { inContainer } from '../sandbox/container-spec.ts';
import type { PreparedSource } from '../step-context.ts';
import { decidingFiles } from './deciding-files.ts';
import type { CachedManager } from './environment.ts';
import { installedKey } from './installed.ts';

const FOLDER = 'node_modules';
/** An output in there is collected from the source tree on the host, which does not show what is mounted over it. */
const DELIVERED = /(?:^|\/)node_modules(?:\/|$)/;

export interface PackagesInput {
  readonly job: Pick<Job, 'variables' | 'files'>;
  readonly plan: Plan;
  readonly imageId: string;
  readonly manager: CachedManager;
  readonly managerVersion: ManagerVersion | null;
  readonly source: Pick<PreparedSource, 'root'>;
  /** The top of the source tree on the host. */
  readonly top: string;
}

export interface AttemptPackages {
  /** Key of what this build installs (installed.ts). */
  readonly key: string;
  /** The path of node_modules in the container. */
  readonly target: string;
}

/**
 * Makes the folder that the packages of a build are mounted over.
 * @returns null where later builds can't reuse them: nothing is mounted then
 */
export async function attemptPackages(input: PackagesInput): Promise<AttemptPackages | null> {
  const { job, plan, imageId, manager, managerVersion, source, top } = input;
  const { installCommand, buildCommand, node, outputs } = plan;
  if (installCommand === null || outputs.some((output) => DELIVERED.test(output))) return null;
  const files = await decidingFiles(source.root, top);
  if (files === null) return null;
  const key = installedKey({
    manager,
    version: managerVersion?.version ?? null,
    installCommand,
    buildCommand,
    files,
    imageId,
    node,
    variables: job.variables,
    sealedFiles: job.files,
  });
  if (key === null) return null;
  const folder = join(source.root, FOLDER);
  if (await exists(folder)) return null;
  await mkdir(folder);
  return { key, target: inContainer(top, folder) };
}

/** Whether anything is there, a dangling link as well. */
async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return false;
      throw error;
    },
  );
}
