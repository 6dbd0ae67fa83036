/** What an instance's operator sees of the machine: free space of its disks, and versions. */
import { readFile, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import type { DiskUse, MachineStatus } from '@appflux/protocol';
import Dockerode from 'dockerode';
import { z } from 'zod';
import { engineFolderOf } from './doctor/look-at-machine.ts';

/** The format of a state folder, where it says one. */
const Mark = z.looseObject({ format: z.union([z.int(), z.string()]) });

/**
 * The disks of the state folder and of the engine, once if they are the same, and versions.
 * @param dockerHost the engine's address; null if the instance uses none
 */
export async function machineStatus(state: string, dockerHost: string | null): Promise<MachineStatus> {
  const engine = dockerHost === null ? null : await engineFacts(dockerHost);
  const disks = [await diskOf('state', state)];
  if (engine?.folder != null && !(await isSameDisk(engine.folder, state)))
    disks.push(await diskOf('engine', engine.folder));
  return {
    disks,
    versions: {
      node: process.version,
      docker: engine?.version ?? null,
      stateFormat: await stateFormat(state),
    },
  };
}

/** Version and folder of an engine; null if it doesn't respond, which the state of runners shows anyway. */
async function engineFacts(address: string): Promise<{ version: string; folder: string | null } | null> {
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

async function diskOf(what: DiskUse['what'], folder: string): Promise<DiskUse> {
  const { bavail, blocks, bsize } = await statfs(folder);
  return { what, totalBytes: blocks * bsize, freeBytes: bavail * bsize };
}

/** A folder that this user can't see is taken for one on the same disk: nothing can be said about it. */
const isSameDisk = (one: string, other: string): Promise<boolean> =>
  Promise.all([stat(one), stat(other)]).then(
    ([first, second]) => first.dev === second.dev,
    () => true,
  );

/** Null for a state folder of a version that wrote none, or whose file is damaged: the next start reports that. */
async function stateFormat(state: string): Promise<string | null> {
  try {
    const { format } = Mark.parse(JSON.parse(await readFile(join(state, 'state.json'), 'utf8')));
    return String(format);
  } catch {
    return null;
  }
}
