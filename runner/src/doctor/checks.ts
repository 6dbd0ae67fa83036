/** What `doctor` makes of what it finds. Pure. */
import type { NetworkMode, Settings } from '../config/settings.ts';

/** `weak` works, but a stricter host would have it otherwise; `bad` keeps builds from running. */
export type Level = 'ok' | 'weak' | 'bad';

export interface Finding {
  readonly level: Level;
  readonly text: string;
  /** What to do about it. */
  readonly advice?: string;
}

/** The part of the engine's `GET /info` and `GET /version` that matters here. */
export interface EngineFacts {
  readonly version: string;
  readonly apiVersion: string;
  readonly cgroupVersion: string;
  readonly limits: { readonly memory: boolean; readonly cpu: boolean; readonly pids: boolean };
  readonly runtimes: readonly string[];
  readonly defaultRuntime: string;
  readonly securityOptions: readonly string[];
}

/** The oldest Engine API, 1.40, with all that a build's container is asked for. */
const OLDEST_MINOR = 40;

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
          advice: `Install one with API 1.${OLDEST_MINOR} or newer`,
        },
    missing.length === 0
      ? { level: 'ok', text: `cgroup v${cgroupVersion}: memory, CPU and process limits work` }
      : {
          level: 'bad',
          text: `cgroup v${cgroupVersion}: no limit for ${missing.join(', ')}`,
          advice: 'Enable these controllers in the kernel; without them one build can take the whole host',
        },
  ];
}

/** What stands between a build and the host. */
export function checkIsolation(
  facts: EngineFacts,
  settings: Pick<Settings, 'runtime' | 'network' | 'allowPrivateSources'>,
): Finding[] {
  const runtime = settings.runtime ?? facts.defaultRuntime;
  const has = (option: string) => facts.securityOptions.some((text) => text.includes(option));
  return [
    {
      level: 'ok',
      text: 'Builds: user 10001, no capabilities, no new privileges, read-only root, no engine socket',
    },
    checkRuntime(facts, runtime),
    has('seccomp')
      ? { level: 'ok', text: 'System calls are filtered (seccomp)' }
      : { level: 'weak', text: 'System calls are not filtered', advice: 'Use an engine with seccomp' },
    has('apparmor') || has('selinux')
      ? { level: 'ok', text: `Mandatory access control: ${has('apparmor') ? 'AppArmor' : 'SELinux'}` }
      : { level: 'weak', text: 'No AppArmor or SELinux', advice: 'Enable one of them on this host' },
    has('userns') || has('rootless')
      ? { level: 'ok', text: 'Users of containers are not users of the host (user namespace)' }
      : {
          level: 'weak',
          text: 'Users of containers are users of the host',
          advice: 'A rootless engine, or its userns-remap, would put one more wall between',
        },
    checkNetwork(settings.network),
    ...(settings.allowPrivateSources
      ? [
          {
            level: 'weak' as const,
            text: 'Sources may come from private addresses and over plain http',
            advice: 'Leave --allow-private-sources out unless your Git server needs it',
          },
        ]
      : []),
  ];
}

function checkRuntime(facts: EngineFacts, runtime: string): Finding {
  if (!facts.runtimes.includes(runtime)) {
    return {
      level: 'bad',
      text: `The engine has no runtime ${runtime}; it has ${facts.runtimes.join(', ')}`,
      advice: 'Install it and name it in the engine’s daemon.json, or leave --runtime out',
    };
  }
  if (/runsc|kata/.test(runtime))
    return { level: 'ok', text: `Runtime ${runtime}: builds have a kernel of their own` };
  return {
    level: 'weak',
    text: `Runtime ${runtime}: builds share the host’s kernel`,
    advice: 'For builds of people whom you do not know, install gVisor and start with --runtime runsc',
  };
}

function checkNetwork(network: NetworkMode): Finding {
  switch (network) {
    case 'proxy':
      return { level: 'ok', text: 'Network of builds: none but the runner’s proxy to allowed hosts' };
    case 'none':
      return { level: 'ok', text: 'Network of builds: none' };
    case 'bridge':
      return {
        level: 'weak',
        text: 'Network of builds: open, to the host’s own network as well',
        advice: 'Leave --network out, and allow what builds need with --allow-hosts',
      };
  }
}

/** Room for builds on the disk that holds the state folder, in bytes. */
export function checkDisk(free: number, keepFree: number): Finding {
  const gigabytes = (free / 1024 ** 3).toFixed(1);
  const least = keepFree + 5 * 1024 ** 3;
  if (free < keepFree) {
    return {
      level: 'bad',
      text: `Disk: ${gigabytes} GB free, which builds may not touch`,
      advice: 'Make room on it',
    };
  }
  if (free < least)
    return { level: 'weak', text: `Disk: only ${gigabytes} GB free`, advice: 'Make room on it' };
  return { level: 'ok', text: `Disk: ${gigabytes} GB free` };
}

/** Whether the sockets of builds fit below the state folder, whose paths are limited in length (unix(7)). */
export function checkSocketPath(bytes: number, most: number): Finding[] {
  if (bytes <= most) return [];
  return [
    {
      level: 'bad',
      text: `The state folder's path is ${bytes - most} bytes too long for the sockets of builds`,
      advice: 'Choose a --state folder with a shorter path',
    },
  ];
}

/** Git's version from `git --version`; null when there is no Git. */
export function checkGit(output: string | null): Finding {
  const match = /^git version (\d+)\.(\d+)\S*/.exec(output ?? '');
  if (match === null) {
    return { level: 'bad', text: 'Git is not installed', advice: 'Install git: sources are fetched with it' };
  }
  const [text, major, minor] = match;
  const recent = Number(major) > 2 || (Number(major) === 2 && Number(minor) >= 39);
  return recent
    ? { level: 'ok', text }
    : { level: 'weak', text: `${text} is old`, advice: 'Install Git 2.39 or newer' };
}

/** The builder images that are there, with what they say of their tools. */
export function checkImages(images: readonly { name: string; versions: string | null }[]): Finding[] {
  if (images.length === 0) {
    return [
      {
        level: 'bad',
        text: 'There is no builder image',
        advice: 'Build them with `npm run images -- web` in a checkout of AppFlux',
      },
    ];
  }
  return images.map(({ name, versions }) => ({
    level: 'ok',
    text: `${name}: ${versions?.trim().replaceAll('\n', ', ') || 'says nothing of its tools'}`,
  }));
}
