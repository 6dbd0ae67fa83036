/** How `doctor` rates the isolation between a build and its host. Pure. */
import type { NetworkMode, Settings } from '../config/settings.ts';
import { hasOwnKernel } from '../sandbox/container-spec.ts';
import { refusesVsock, vsockGuard } from '../sandbox/vsock.ts';
import { type EngineFacts, type Finding, isAtLeast } from './checks.ts';

/** The isolation that applies to every build. */
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
    ...checkRunc(facts.runc),
    ...checkVsock(facts),
    has('seccomp')
      ? { level: 'ok', text: 'System calls are filtered (seccomp)' }
      : { level: 'weak', text: 'System calls are not filtered', advice: 'Use an engine with seccomp' },
    has('apparmor') || has('selinux')
      ? { level: 'ok', text: `Mandatory access control: ${has('apparmor') ? 'AppArmor' : 'SELinux'}` }
      : { level: 'weak', text: 'No AppArmor or SELinux', advice: 'Enable one of them on this host' },
    has('userns') || has('rootless')
      ? { level: 'ok', text: 'Container users are isolated from host users (user namespace)' }
      : {
          level: 'weak',
          text: 'The engine runs as root, and container users are host users (no user namespace)',
          advice: 'For stronger isolation, use a rootless engine or enable userns-remap',
        },
    checkNetwork(settings.network),
    ...(settings.allowPrivateSources
      ? [
          {
            level: 'weak' as const,
            text: 'Sources can be fetched from private addresses and over plain http',
            advice: 'Remove --allow-private-sources unless your Git server needs it',
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
      advice: 'Install it and add it to the engine’s daemon.json, or remove --runtime',
    };
  }
  if (hasOwnKernel(runtime)) return { level: 'ok', text: `Runtime ${runtime}: builds have their own kernel` };
  return {
    level: 'weak',
    text: `Runtime ${runtime}: builds share the host’s kernel`,
    advice: 'To build code of people you don’t trust, install gVisor and start with --runtime runsc',
  };
}

/**
 * Versions of each series with the fixes for the escapes known by November 2025 (CVE-2024-21626, CVE-2025-31133,
 * CVE-2025-52565, CVE-2025-52881; the advisories of the opencontainers/runc repository).
 */
const SOUND_RUNC = [
  [1, 2, 8],
  [1, 3, 3],
  [1, 4, 0],
];

function checkRunc(version: string | null): Finding[] {
  if (version === null) return [];
  const numbers = /^(\d+)\.(\d+)\.(\d+)/.exec(version)?.slice(1).map(Number) ?? [];
  const [major = 0, minor = 0] = numbers;
  const series = SOUND_RUNC.find(([a, b]) => a === major && b === minor) ?? SOUND_RUNC.at(-1) ?? [];
  if (isAtLeast(numbers, series)) return [{ level: 'ok', text: `runc ${version}` }];
  return [
    {
      level: 'weak',
      text: `runc ${version} lacks fixes for known container escapes (1.2.8, 1.3.3)`,
      advice: 'Update runc. Your distribution may have backported the fixes; check its security tracker',
    },
  ];
}

/** Engines before 23.0 let containers make vsock sockets, which no network namespace holds back. */
function checkVsock({ vsock, version, architecture }: EngineFacts): Finding[] {
  if (!vsock || refusesVsock(version)) return [];
  if (vsockGuard(version, architecture).length > 0) {
    const text = `Sockets to the hypervisor (vsock) are blocked by the runner’s seccomp filter`;
    return [{ level: 'ok', text }];
  }
  return [
    {
      level: 'weak',
      text: `This host is a virtual machine, and builds can open sockets to its hypervisor (/dev/vsock, engine ${version})`,
      advice: 'Install Docker Engine 23 or newer, whose seccomp filter blocks them, or use gVisor',
    },
  ];
}

function checkNetwork(network: NetworkMode): Finding {
  switch (network) {
    case 'proxy':
      return { level: 'ok', text: 'Network of builds: only allowed hosts, through the runner’s proxy' };
    case 'none':
      return { level: 'ok', text: 'Network of builds: none' };
    case 'bridge':
      return {
        level: 'weak',
        text: 'Network of builds: unrestricted, including the host’s own network',
        advice: 'Remove --network, and allow what builds need with --allow-hosts',
      };
  }
}
