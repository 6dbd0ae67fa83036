/** What `npm run doctor` finds out about the machine. */
import { readFile, stat, statfs } from 'node:fs/promises';
import { release, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { z } from 'zod';
import type { Finding } from '../../runner/src/doctor/checks.ts';
import { planEngine } from '../engine/decide.ts';
import { thisMachine } from '../engine/ensure.ts';
import type { EngineSearch } from '../engine/find.ts';
import { LEAST_FREE_BYTES } from '../preconditions.ts';
import { socketPaths } from '../servers/config.ts';
import { ping } from '../servers/ping.ts';
import type { Settings } from '../settings.ts';
import { LONGEST_SOCKET_PATH, statePaths } from '../state.ts';
import {
  checkClock,
  checkDiskOf,
  checkMemory,
  checkServers,
  checkVersions,
  type DiskFacts,
  readSynchronized,
} from './machine.ts';

const GIB = 1024 ** 3;

/** How long the two clocks are compared, in milliseconds. */
const COMPARED_MS = 300;

/** Whether the time is plausible and kept by a time service. Asks nobody outside of this machine. */
export async function lookAtClock(state: string, root: string): Promise<Finding> {
  const started = { wall: Date.now(), monotonic: performance.now() };
  const { secrets, logs } = statePaths(state);
  const [synchronized, ...written] = await Promise.all([
    isSynchronized(),
    ...[join(root, 'package.json'), secrets, logs, join(state, 'backup.json')].map(writtenAt),
    sleep(COMPARED_MS, 0),
  ]);
  return checkClock({
    now: new Date(),
    latestFile: new Date(Math.max(...written)),
    stepMs: Date.now() - started.wall - (performance.now() - started.monotonic),
    synchronized,
  });
}

async function isSynchronized(): Promise<boolean | null> {
  const { stdout } = await execa('timedatectl', ['show', '--property=NTPSynchronized'], {
    stdin: 'ignore',
    reject: false,
  });
  return readSynchronized(stdout ?? '');
}

/** When a file was last written, in milliseconds; 0 where there is none that this user can see. */
const writtenAt = (path: string): Promise<number> =>
  stat(path).then(
    ({ mtimeMs }) => mtimeMs,
    () => 0,
  );

/** A build of a large app needs several GiB for its container. */
const ENGINE_ENOUGH_BYTES = 10 * GIB;
const TEMPORARY_BYTES = 1 * GIB;

/**
 * Free space of the state folder, of the temporary folder and of the engine's folder.
 * @param engineFolder null where the engine's folder is not known or not on this machine
 */
export async function lookAtDisks(state: string, engineFolder: string | null): Promise<Finding[]> {
  const disks = [
    { name: 'State folder', folder: state, least: LEAST_FREE_BYTES, enough: 5 * GIB },
    { name: 'Temporary folder', folder: tmpdir(), least: TEMPORARY_BYTES / 4, enough: TEMPORARY_BYTES },
    ...(engineFolder === null
      ? []
      : [{ name: 'Docker’s folder', folder: engineFolder, least: GIB, enough: ENGINE_ENOUGH_BYTES }]),
  ];
  return Promise.all(
    disks.map(async ({ name, folder, least, enough }) =>
      checkDiskOf({ name, folder, ...(await freeIn(folder)) }, least, enough),
    ),
  );
}

/** Free space where a folder is, or will be. */
async function freeIn(folder: string): Promise<Pick<DiskFacts, 'free' | 'freeFiles'>> {
  try {
    const { bavail, bsize, files, ffree } = await statfs(folder);
    return { free: bavail * bsize, freeFiles: files === 0 ? null : ffree };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // Not created yet, or below a folder of another user, presumably on the same disk as its parent.
    if (!['ENOENT', 'EACCES', 'ENOTDIR'].includes(code ?? '') || dirname(folder) === folder) throw error;
    return freeIn(dirname(folder));
  }
}

/** Memory of this machine, or of the control group that this process is in. */
export async function lookAtMemory(): Promise<Finding> {
  return checkMemory({ total: await totalMemory(), available: process.availableMemory() });
}

async function totalMemory(): Promise<number> {
  const meminfo = await readFile('/proc/meminfo', 'utf8');
  const total = Number(/^MemTotal:\s+(\d+) kB$/m.exec(meminfo)?.[1] ?? 0) * 1024;
  const constrained = process.constrainedMemory();
  // Without a limit, some kernels report a number far above the machine's memory.
  return constrained > 0 && constrained < total ? constrained : total;
}

/** How long the process that runs servers may take to answer, in milliseconds. */
const SERVERS_WITHIN_MS = 5_000;

/** The process that runs the servers of sites. */
export async function lookAtServers(
  { state, serversMemoryBytes }: Pick<Settings, 'state' | 'serversMemoryBytes'>,
  running: boolean,
): Promise<Finding> {
  const { host } = socketPaths(statePaths(state).sockets);
  // Where the path is too long for a socket, it is in a folder that only the instance knows.
  const answers =
    !running ||
    serversMemoryBytes === 0 ||
    Buffer.byteLength(host) > LONGEST_SOCKET_PATH ||
    (await Promise.race([
      ping(host).then(
        () => true,
        // It doesn't listen.
        () => false,
      ),
      sleep(SERVERS_WITHIN_MS, false),
    ]));
  return checkServers({
    memoryBytes: serversMemoryBytes,
    totalBytes: await totalMemory(),
    running,
    answers,
  });
}

const Package = z.object({ version: z.string() });

export async function lookAtVersions(root: string): Promise<Finding> {
  const { version } = Package.parse(JSON.parse(await readFile(join(root, 'package.json'), 'utf8')));
  return checkVersions({ appflux: version, node: process.versions.node, kernel: release() });
}

/** The finding for a machine on which no engine responds: a start may install or start one. */
export async function lookForEngine(search: Extract<EngineSearch, { found: false }>): Promise<Finding> {
  const plan = planEngine(search, await thisMachine());
  if (plan.action === 'refuse') return { level: 'bad', text: plan.message, advice: plan.advice };
  return {
    level: 'weak',
    text: 'No Docker engine is running; what depends on it was not checked',
    advice: `\`npm start\` ${plan.install ? 'installs and starts' : 'starts'} one`,
  };
}
