/** What tests have left behind: anything that is still in, or uses, the temporary folder of their run. */
import { readdir, readFile, readlink } from 'node:fs/promises';
import type Dockerode from 'dockerode';
import { execa } from 'execa';

export interface Leftovers {
  /** Names in the folder. */
  readonly files: readonly string[];
  /** Mount points in it. */
  readonly mounts: readonly string[];
  /** Loop devices of files in it. */
  readonly loops: readonly string[];
  /** Containers that mount a part of it, by their ids. */
  readonly containers: readonly string[];
  /** Processes that were started with it, as `id program`. */
  readonly processes: readonly string[];
}

/** The mount points below a folder. `mountinfo` is the text of /proc/self/mountinfo (proc_pid_mountinfo(5)). */
export function mountsBelow(folder: string, mountinfo: string): string[] {
  return mountinfo
    .split('\n')
    .map((line) => line.split(' ')[4] ?? '')
    .filter((point) => point.startsWith(`${folder}/`));
}

/** The loop devices whose files are below a folder. `listed` is what `losetup --list --noheadings -O NAME,BACK-FILE` prints. */
export function loopsBelow(folder: string, listed: string): string[] {
  return listed.split('\n').flatMap((line) => {
    const [device = '', file = ''] = line.trim().split(/\s+/);
    return file.startsWith(`${folder}/`) ? [device] : [];
  });
}

/** Looks for what a run has left behind. Without an engine (null) there are no containers. */
export async function findLeftovers(folder: string, engine: Dockerode | null): Promise<Leftovers> {
  const loops = await execa('losetup', ['--list', '--noheadings', '-O', 'NAME,BACK-FILE'], { reject: false });
  return {
    files: (await readdir(folder)).sort(),
    mounts: mountsBelow(folder, await readFile('/proc/self/mountinfo', 'utf8')),
    // A container may lack the program; then it has no loop devices either.
    loops: loopsBelow(folder, loops.stdout ?? ''),
    containers: engine === null ? [] : await containersBelow(folder, engine),
    processes: await processesOf(folder),
  };
}

async function containersBelow(folder: string, engine: Dockerode): Promise<string[]> {
  const containers = await engine.listContainers({ all: true });
  return containers
    .filter(({ Mounts }) => Mounts.some(({ Source }) => (Source ?? '').startsWith(`${folder}/`)))
    .map(({ Id, Image }) => `${Id.slice(0, 12)} of ${Image}`);
}

async function processesOf(folder: string): Promise<string[]> {
  const found: string[] = [];
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    if (Number(pid) === process.pid) continue;
    try {
      const environment = (await readFile(`/proc/${pid}/environ`, 'latin1')).split('\0');
      if (environment.includes(`TMPDIR=${folder}`))
        found.push(`${pid} ${await readlink(`/proc/${pid}/exe`)}`);
    } catch {
      // It has ended since, or belongs to another user.
    }
  }
  return found;
}

/** A line for each thing that was left behind. */
export function leftoverLines({ files, mounts, loops, containers, processes }: Leftovers): string[] {
  return [
    ...files.map((name) => `a temporary file, ${name}`),
    ...mounts.map((point) => `a mount, ${point}`),
    ...loops.map((device) => `a loop device, ${device}`),
    ...containers.map((container) => `a container, ${container}`),
    ...processes.map((one) => `a process, ${one}`),
  ].map((what) => `left behind: ${what}`);
}
