/** How `npm run doctor` rates the machine: clock, disks, memory, versions. Pure. */
import type { Finding } from '../../runner/src/doctor/checks.ts';

const GIB = 1024 ** 3;

/** In GiB, with one digit. */
const gib = (bytes: number): string => `${(bytes / GIB).toFixed(1)} GiB`;

export interface ClockFacts {
  readonly now: Date;
  /** The latest time that a file of the instance or the checkout was written at. */
  readonly latestFile: Date;
  /** By how much the wall clock moved against the monotonic one during the checks, in milliseconds. */
  readonly stepMs: number;
  /** Whether a time service keeps the clock; null where nothing on this machine can tell. */
  readonly synchronized: boolean | null;
}

/** A file may have been written by a machine whose clock is slightly ahead. */
const FILE_TOLERANCE_MS = 60_000;

/** More than a time service corrects while it slews the clock. */
const STEP_MS = 1_000;

/** Tokens, signatures of storage URLs, leases and certificates depend on the time. */
export function checkClock({ now, latestFile, stepMs, synchronized }: ClockFacts): Finding {
  const advice = 'Set the clock, and enable a time service (`timedatectl set-ntp true`)';
  const shown = now.toISOString();
  if (latestFile.getTime() - now.getTime() > FILE_TOLERANCE_MS) {
    return {
      level: 'bad',
      text: `Clock: ${shown} is before ${latestFile.toISOString()}, when the newest file was written`,
      advice,
    };
  }
  if (Math.abs(stepMs) > STEP_MS) {
    const seconds = (stepMs / 1000).toFixed(1);
    return { level: 'weak', text: `Clock: ${shown}; it jumped by ${seconds} s during this check`, advice };
  }
  if (synchronized === false) {
    return { level: 'weak', text: `Clock: ${shown}, not synchronized`, advice };
  }
  const how = synchronized === null ? 'whether it is synchronized is unknown' : 'synchronized';
  return { level: 'ok', text: `Clock: ${shown}, ${how}` };
}

/** What `timedatectl show --property=NTPSynchronized` prints; null for anything else, as without systemd. */
export function readSynchronized(output: string): boolean | null {
  const value = /^NTPSynchronized=(yes|no)$/m.exec(output)?.[1];
  return value === undefined ? null : value === 'yes';
}

export interface DiskFacts {
  /** What the folder is for, such as `State folder`. */
  readonly name: string;
  readonly folder: string;
  /** Bytes that this user can still write. */
  readonly free: number;
  /** Files that can still be created; null on file systems without a fixed number of inodes. */
  readonly freeFiles: number | null;
}

/** Below this many inodes, a single `node_modules` folder can use up the rest. */
const FEW_FILES = 100_000;
const TOO_FEW_FILES = 1_000;

/**
 * Free space of a folder's disk.
 * @param least below this many bytes it is bad
 * @param enough below this many bytes it is weak
 */
export function checkDiskOf(disk: DiskFacts, least: number, enough: number): Finding {
  const { name, folder, free, freeFiles } = disk;
  const text = `${name} ${folder}: ${gib(free)} free`;
  if (freeFiles !== null && freeFiles < FEW_FILES) {
    return {
      level: freeFiles < TOO_FEW_FILES ? 'bad' : 'weak',
      text: `${text}, but only ${freeFiles} inodes`,
      advice: 'Delete files that are not needed, or use a file system with more inodes',
    };
  }
  if (free >= enough) return { level: 'ok', text };
  const level = free < least ? 'bad' : 'weak';
  return { level, text, advice: `Free ${gib(enough - free)} or more, or use another disk` };
}

export interface MemoryFacts {
  /** Bytes: of the machine, or of the control group that limits this process. */
  readonly total: number;
  readonly available: number;
}

/** The control plane, the proxy and a small build. */
const LEAST_MEMORY = 1 * GIB;
const ENOUGH_MEMORY = 4 * GIB;
const LITTLE_AVAILABLE = 1 * GIB;

/** Memory for the control plane, the scanner and builds. */
export function checkMemory({ total, available }: MemoryFacts): Finding {
  const text = `Memory: ${gib(available)} available of ${gib(total)}`;
  if (total < LEAST_MEMORY) {
    return { level: 'bad', text, advice: `Use a machine with ${gib(ENOUGH_MEMORY)} or more` };
  }
  if (total < ENOUGH_MEMORY) {
    return {
      level: 'weak',
      text: `${text}: builds of large apps and the malware scanner may not fit`,
      advice: `Use a machine with ${gib(ENOUGH_MEMORY)} or more`,
    };
  }
  if (available < LITTLE_AVAILABLE) {
    return {
      level: 'weak',
      text,
      advice: 'Stop other programs, or lower APPFLUX_SLOTS and APPFLUX_RUNNERS',
    };
  }
  return { level: 'ok', text };
}

export interface ServersFacts {
  /** APPFLUX_SERVERS_MEMORY, in bytes; 0 for no servers. */
  readonly memoryBytes: number;
  /** The machine's memory, in bytes. */
  readonly totalBytes: number;
  /** Whether the instance is running. */
  readonly running: boolean;
  /** While it is running: whether the process that runs servers of sites answers. */
  readonly answers: boolean;
}

/** The process that runs the servers of sites. */
export function checkServers({ memoryBytes, totalBytes, running, answers }: ServersFacts): Finding {
  if (memoryBytes === 0) {
    return { level: 'ok', text: 'Servers of sites: switched off (APPFLUX_SERVERS_MEMORY=0m)' };
  }
  if (running && !answers) {
    return {
      level: 'bad',
      text: 'Servers of sites: their process does not answer',
      advice: 'See logs/edge.log and logs/servers.log in the state folder',
    };
  }
  const text = `Servers of sites: ${gib(memoryBytes)} of memory at most`;
  if (memoryBytes > totalBytes / 2) {
    return {
      level: 'weak',
      text: `${text}, more than half of this machine’s`,
      advice: 'Lower APPFLUX_SERVERS_MEMORY, so that a server that fills memory takes nothing from builds',
    };
  }
  return { level: 'ok', text: running ? `${text}; their process answers` : text };
}

/** The oldest Node that runs AppFlux without the one of its packages. */
const NODE_MAJOR = 24;

/** AppFlux, Node and the kernel. */
export function checkVersions(versions: { appflux: string; node: string; kernel: string }): Finding {
  const { appflux, node, kernel } = versions;
  const text = `AppFlux ${appflux}, Node ${node}, Linux ${kernel}`;
  if (Number(node.split('.')[0]) >= NODE_MAJOR) return { level: 'ok', text };
  return { level: 'bad', text, advice: `Run \`npm run doctor\`, which uses Node ${NODE_MAJOR}` };
}

/**
 * Caddy, where APPFLUX_TLS needs it.
 * @param output of `caddy version`; null where it is not installed
 */
export function checkCaddy(output: string | null, canInstall: boolean): Finding {
  if (output === null) {
    return canInstall
      ? {
          level: 'weak',
          text: 'Caddy is not installed yet',
          advice: '`npm start` installs it; or run `apt-get install caddy`',
        }
      : { level: 'bad', text: 'Caddy is not installed', advice: 'Run `sudo apt-get install caddy`' };
  }
  const match = /^v?(\d+)\.(\d+)\S*/.exec(output.trim());
  const [version = output.trim(), major, minor] = match ?? [];
  if (Number(major) > 2 || (Number(major) === 2 && Number(minor) >= 6)) {
    return { level: 'ok', text: `Caddy ${version}` };
  }
  return { level: 'bad', text: `Caddy ${version} is too old`, advice: 'Install Caddy 2.6 or newer' };
}
