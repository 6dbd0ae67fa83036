/** The app's files, as a build finds them. */

import type { Job, Plan } from '@appflux/protocol';
import { say } from '../../masking/sentence.ts';
import type { Surroundings } from '../../sandbox/surroundings.ts';
import type { StepContext } from '../../step-context.ts';
import { writeToMemory } from './memory-folder.ts';
import { androidSigning, KEYSTORE } from './signing.ts';

/** Where the files lie in the container. */
export const FILES_MOUNT = '/run/appflux-files';

/** APPFLUX_ variables are set by the platform, or are parameters of the image's entry script. */
const isNoStatement = (name: string) => !name.startsWith('APPFLUX_');

export interface OpenedFiles extends Surroundings {
  /** Takes the files out of memory. */
  close(): Promise<void>;
}

export interface FilesInput {
  readonly runnerId: string;
  readonly job: Job;
  readonly attempt: number;
  readonly plan: Plan;
  /** For a build in no container: the files stay where they are written; where on disk, if they cannot be in memory. */
  readonly onDisk?: string;
}

/**
 * Puts the app's files into the host's memory for as long as the build takes, and tells the build of each by a variable
 * of its name.
 */
export async function openFiles(
  { runnerId, job, attempt, plan, onDisk }: FilesInput,
  ctx: StepContext,
): Promise<OpenedFiles> {
  const names = Object.keys(job.files);
  if (names.length === 0) {
    return { mounts: [], suggested: {}, environment: {}, entry: {}, close: async () => undefined };
  }
  const folder = await writeToMemory(runnerId, `${job.deploymentId}-${attempt}`, job.files, onDisk);
  const top = onDisk === undefined ? FILES_MOUNT : folder.path;
  const pathOf = (name: string) => `${top}/${name}`;
  let signing: ReturnType<typeof androidSigning>;
  try {
    const keystore = plan.type === 'android' && names.includes(KEYSTORE) ? pathOf(KEYSTORE) : null;
    signing = androidSigning(keystore, job.variables);
  } catch (error) {
    await folder.remove();
    throw error;
  }
  ctx.log(say`Files of the app: ${names.map((name) => `${name} at ${pathOf(name)}`).join(', ')}.`);
  if (signing.note !== null) ctx.log(signing.note);
  return {
    mounts: [
      {
        Type: 'bind',
        Source: folder.path,
        Target: FILES_MOUNT,
        ReadOnly: true,
        BindOptions: { Propagation: 'rprivate' },
      },
    ],
    suggested: {},
    environment: {
      ...Object.fromEntries(names.filter(isNoStatement).map((name) => [name, pathOf(name)])),
      APPFLUX_FILES: top,
      ...(signing.gradleOptions === null ? {} : { GRADLE_OPTS: signing.gradleOptions }),
    },
    entry: {},
    close: folder.remove,
  };
}
