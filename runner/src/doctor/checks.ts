/** How `doctor` rates what it finds. Pure. */
import { printable } from '@appflux/protocol';
import type { DiskLimit } from '../sandbox/disk/limit.ts';

/** `weak` works but is less secure than it could be; `bad` keeps builds from running. */
export type Level = 'ok' | 'weak' | 'bad';

export interface Finding {
  readonly level: Level;
  readonly text: string;
  /** What to do about it. */
  readonly advice?: string;
}

const SIGNS = { ok: 'ok  ', weak: 'weak', bad: 'BAD ' } as const;

/** A finding as it is printed: one line, and one for what to do about it. */
export const findingText = ({ level, text, advice }: Finding): string =>
  `${SIGNS[level]} ${text}${advice === undefined ? '' : `\n     ${advice}`}\n`;

/** The part of the engine's `GET /info` and `GET /version` that matters here. */
export interface EngineFacts {
  readonly version: string;
  readonly apiVersion: string;
  /** As the engine names it: `amd64`, `arm64`. */
  readonly architecture: string;
  readonly cgroupVersion: string;
  readonly limits: { readonly memory: boolean; readonly cpu: boolean; readonly pids: boolean };
  readonly runtimes: readonly string[];
  readonly defaultRuntime: string;
  readonly securityOptions: readonly string[];
  /** The version of runc, as `GET /version` lists it; null when the engine has another runtime. */
  readonly runc: string | null;
  /** Swap counts against a container's memory. */
  readonly swapLimit: boolean;
  /** This host is a virtual machine with sockets to what runs it (vsock(7)). */
  readonly vsock: boolean;
}

/** The oldest Engine API, 1.40, with all that a build's container is asked for. */
const OLDEST_MINOR = 40;

/** Compares versions number by number; a missing number counts as 0. */
export function isAtLeast(version: readonly number[], wanted: readonly number[]): boolean {
  for (const [index, least] of wanted.entries()) {
    const number = version[index] ?? 0;
    if (number !== least) return number > least;
  }
  return true;
}

/** Whether the engine is recent enough, and can keep a build to its limits. */
export function checkEngine(facts: EngineFacts): Finding[] {
  const { version, apiVersion, limits, cgroupVersion } = facts;
  const [major = 0, minor = 0] = apiVersion.split('.').map(Number);
  const missing = Object.entries(limits).flatMap(([name, there]) => (there ? [] : [name]));
  return [
    major > 1 || (major === 1 && minor >= OLDEST_MINOR)
      ? { level: 'ok', text: `Docker engine ${version}, API ${apiVersion}` }
      : {
          level: 'bad',
          text: `Docker engine ${version} is too old (API ${apiVersion})`,
          advice: `Install a version with API 1.${OLDEST_MINOR} or newer`,
        },
    missing.length === 0
      ? { level: 'ok', text: `cgroup v${cgroupVersion}: memory, CPU and process limits work` }
      : {
          level: 'bad',
          text: `cgroup v${cgroupVersion}: no limit for ${missing.join(', ')}`,
          advice:
            'Enable these controllers in the kernel. Without them, one build can exhaust the whole host',
        },
    ...(facts.swapLimit
      ? []
      : [
          {
            level: 'weak' as const,
            text: 'Swap is not limited: a build can use all of it in addition to its memory',
            advice: 'Boot with swapaccount=1, use cgroup v2, or disable swap',
          },
        ]),
  ];
}

/** Room for builds on the disk that holds the state folder, in bytes. */
export function checkDisk(free: number, keepFree: number): Finding {
  const gigabytes = (free / 1024 ** 3).toFixed(1);
  const least = keepFree + 5 * 1024 ** 3;
  if (free < keepFree) {
    return {
      level: 'bad',
      text: `Disk: ${gigabytes} GB free, all of it reserved`,
      advice: 'Free some disk space',
    };
  }
  if (free < least)
    return { level: 'weak', text: `Disk: only ${gigabytes} GB free`, advice: 'Free some disk space' };
  return { level: 'ok', text: `Disk: ${gigabytes} GB free` };
}

/**
 * How builds are kept to their disk limit.
 * @param fault why a file system for a build could not be mounted when it was tried; null when it could
 */
export function checkDiskLimit(limit: DiskLimit, fault: string | null): Finding {
  const why = limit.kind === 'watch' ? limit.why : fault;
  if (why === null) {
    return { level: 'ok', text: 'Disk limit of builds: enforced by a separate file system per workspace' };
  }
  return {
    level: 'weak',
    text: `Disk limit of builds: checked while they run; a fast build can exceed it (${why})`,
    advice: 'To enforce the limit, run the runner as root on the engine’s host, with e2fsprogs installed',
  };
}

/**
 * Whether containers can be started before there is a build for them.
 * @param wanted the setting for how many
 * @param why this host can't; null if it can
 */
export function checkPrepared(wanted: number | undefined, why: string | null): Finding {
  const found = why === null ? 'supported' : `none (${why})`;
  return { level: 'ok', text: `Sandboxes that wait for builds: ${wanted === 0 ? 'off' : found}` };
}

/** Whether the sockets of builds fit below the state folder, whose paths are limited in length (unix(7)). */
export function checkSocketPath(bytes: number, most: number): Finding[] {
  if (bytes <= most) return [];
  return [
    {
      level: 'bad',
      text: `The path of the state folder is ${bytes - most} bytes too long for the sockets of builds`,
      advice: 'Choose a --state folder with a shorter path',
    },
  ];
}

/**
 * Git's version from `git --version`; null when there is no Git. Below 2.37 it does not know `http.curloptResolve`, with
 * which a repository's host is reached at the very address that was checked.
 */
export function checkGit(output: string | null): Finding {
  const match = /^git version (\d+)\.(\d+)\S*/.exec(output ?? '');
  if (match === null) {
    return { level: 'bad', text: 'Git is not installed', advice: 'Install git' };
  }
  const [text, major, minor] = match;
  if (isAtLeast([Number(major), Number(minor)], [2, 37])) return { level: 'ok', text };
  return {
    level: 'weak',
    text: `${text} is too old: it can’t pin the checked IP address of a repository host (DNS rebinding)`,
    advice: 'Install Git 2.37 or newer',
  };
}

/** Whether private repositories can be fetched over SSH. @param output what `ssh -V` prints; null when there is no SSH client */
export function checkSsh(output: string | null): Finding {
  const version = /^OpenSSH_\S+/.exec(output ?? '')?.[0];
  if (version !== undefined) return { level: 'ok', text: version.replace(/,$/, '').replace('_', ' ') };
  return {
    level: 'weak',
    text: 'OpenSSH is not installed: private repositories can’t be fetched over SSH',
    advice: 'Install openssh-client',
  };
}

/**
 * The builder images, with what they report of their tools.
 * @param builtOnDemand a missing image is built when a build first needs it
 */
export function checkImages(
  images: readonly { name: string; versions: string | null }[],
  builtOnDemand: boolean,
): Finding[] {
  if (images.length === 0) {
    return [
      {
        level: builtOnDemand ? 'weak' : 'bad',
        text: builtOnDemand ? 'No builder images yet: the first build waits for one' : 'No builder images',
        advice: 'Build them with `npm run images -- web` in a checkout of AppFlux',
      },
    ];
  }
  return images.map(({ name, versions }) => ({
    level: 'ok',
    text: `${name}: ${versions?.trim().replaceAll('\n', ', ') || 'tool versions unknown'}`,
  }));
}

/** What is known of a runner's pictures of sites. */
export interface PictureFacts {
  /** Whether its settings want pictures, and allow the image. */
  readonly wanted: boolean;
  readonly hasImage: boolean;
  /** Whether it has a command for missing images. */
  readonly canMakeImage: boolean;
  /** Why the last one failed, and when (ISO 8601); null if it didn't. */
  readonly lastFailure: { readonly at: string; readonly reason: string } | null;
}

/** Whether pictures of sites can be taken. Without them, builds run all the same. */
export function checkPictures({ wanted, hasImage, canMakeImage, lastFailure }: PictureFacts): Finding {
  if (!wanted) return { level: 'ok', text: 'Pictures of sites: off' };
  if (lastFailure !== null) {
    return {
      level: 'weak',
      text: `Pictures of sites: the last one failed at ${lastFailure.at}: ${printable(lastFailure.reason, 300)}`,
      advice: 'Fix this, then redeploy a site. To take no pictures, set --pictures off',
    };
  }
  if (hasImage) return { level: 'ok', text: 'Pictures of sites: the image is there' };
  if (canMakeImage)
    return { level: 'ok', text: 'Pictures of sites: the image is built when a picture is first wanted' };
  return {
    level: 'weak',
    text: 'Pictures of sites: the image is missing, and no command to build it is set',
    advice: 'Build it with `npm run images -- pictures` in a checkout of AppFlux, or set --pictures off',
  };
}
