/** What an instance's operator sees of the machine: free space of its disks, and versions. */
import { stat, statfs } from 'node:fs/promises';
import type { DiskUse, MachineStatus } from '@appflux/protocol';
import { engineFolderOf } from './engine/folder.ts';
import { readMark } from './state-format.ts';

/** The format of a state folder without a mark. */
const FIRST_FORMAT = 1;

/**
 * The disks of the state folder and of the engine, once if they are the same, and versions.
 * @param dockerHost the engine's address; null if the instance uses none
 * @throws StackProblem `state_unusable` if the state folder's mark is damaged
 */
export async function machineStatus(state: string, dockerHost: string | null): Promise<MachineStatus> {
  const engine = dockerHost === null ? null : await engineFacts(dockerHost);
  const disks = await diskOf('state', state);
  if (engine?.folder != null && !(await isSameDisk(engine.folder, state)))
    disks.push(...(await diskOf('engine', engine.folder)));
  return {
    disks,
    versions: {
      node: process.version,
      docker: engine?.version ?? null,
      stateFormat: String((await readMark(state))?.format ?? FIRST_FORMAT),
    },
  };
}

/** Version and folder of an engine; null if it doesn't respond, which the state of runners shows anyway. */
async function engineFacts(address: string): Promise<{ version: string; folder: string | null } | null> {
  // Loaded when somebody asks: a process that runs for months can do without.
  const { default: Dockerode } = await import('dockerode');
  const socket = /^unix:\/\/(.+)$/.exec(address)?.[1];
  const engine = socket === undefined ? new Dockerode() : new Dockerode({ socketPath: socket });
  try {
    const [{ Version: version }, folder] = await Promise.all([
      engine.version(),
      engineFolderOf(engine, address),
    ]);
    return { version, folder };
  } catch {
    return null;
  }
}

/** None for a file system that doesn't count its bytes. */
async function diskOf(what: DiskUse['what'], folder: string): Promise<DiskUse[]> {
  const { bavail, blocks, bsize } = await statfs(folder);
  return blocks === 0 ? [] : [{ what, totalBytes: blocks * bsize, freeBytes: bavail * bsize }];
}

/** A folder that this user can't see is taken for one on the same disk: nothing can be said about it. */
const isSameDisk = (one: string, other: string): Promise<boolean> =>
  Promise.all([stat(one), stat(other)]).then(
    ([first, second]) => first.dev === second.dev,
    () => true,
  );
