/** The container of one build, as the engine is asked for it. Pure. */
import { posix, relative, sep } from 'node:path';
import type { JobLimits } from '@appflux/protocol';
import type { ContainerCreateOptions, MountSettings } from 'dockerode';
import { waitingCommand } from './prepared/waiting-program.ts';

/** Every container of ours carries the id of its runner, so that the runner finds what it left behind. */
export const RUNNER_LABEL = 'dev.appflux.runner';
export const DEPLOYMENT_LABEL = 'dev.appflux.deployment';
export const ATTEMPT_LABEL = 'dev.appflux.attempt';
/** Marks containers that were started before there was a build for them. */
export const PREPARED_LABEL = 'dev.appflux.prepared';

/** The user `builder` of every builder image. */
export const BUILDER_UID = 10001;
export const BUILDER = `${BUILDER_UID}:${BUILDER_UID}`;

/** The path of the source tree in the container. */
export const WORKSPACE = '/workspace';

/** The host name of every build. */
export const BUILD_HOSTNAME = 'build';

/** Where the cache lies in the container. */
export const CACHE_MOUNT = '/cache';

/** The path in the container of a path in the source tree whose top is `top` on the host. */
export const inContainer = (top: string, path: string): string =>
  posix.join(WORKSPACE, relative(top, path).split(sep).join('/'));

/** Where the folder with the proxy's socket is mounted in the container. */
export const NET_MOUNT = '/run/appflux';

const HOME = '/home/builder';
const ENTRY = '/usr/local/bin/appflux-build';

/** Whether a runtime, by its name, puts a kernel of its own between a build and the host's: gVisor, Kata Containers. */
export const hasOwnKernel = (runtime: string | undefined): boolean => /runsc|kata/.test(runtime ?? '');

/**
 * Settings with the engine's default runtime if that brings a kernel of its own and they name none: what can't be done
 * with such a kernel, and what it needs, then depends on one setting.
 */
export const withDefaultRuntime = <T extends { readonly runtime?: string | undefined }>(
  settings: T,
  ofEngine: string | undefined,
): T =>
  settings.runtime === undefined && hasOwnKernel(ofEngine) ? { ...settings, runtime: ofEngine } : settings;

export interface ContainerInput {
  readonly image: string;
  readonly runnerId: string;
  readonly deploymentId: string;
  readonly attempt: number;
  /** The host's folder that becomes /workspace; null if there is none. */
  readonly source: string | null;
  /** Where the commands run: a path in the container, at or below /workspace. */
  readonly workingDir: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly limits: JobLimits;
  /** How many files a process may have open (open-files.ts). */
  readonly openFiles: number;
  readonly runtime: string | undefined;
  /** A command that confines itself further and becomes the entry (vsock.ts); empty for none. */
  readonly guard: readonly string[];
  /** The engine's name of the network; `none` leaves the container without an interface. */
  readonly network: 'bridge' | 'none';
  /** Further mounts, such as the folder of the egress proxy's socket. */
  readonly mounts?: readonly MountSettings[];
}

/** What any build's container is made of, whatever it builds. */
export interface ContainerFrame
  extends Pick<ContainerInput, 'image' | 'runnerId' | 'openFiles' | 'runtime' | 'guard' | 'network'> {
  readonly limits: Pick<JobLimits, 'memoryBytes' | 'cpus' | 'pids'>;
}

const bind = (source: string, target: string, propagation: 'rprivate' | 'rslave'): MountSettings => ({
  Type: 'bind',
  Source: source,
  Target: target,
  BindOptions: { Propagation: propagation },
});

/** The mount of the folder with the proxy's socket. */
export const netMount = (net: string): MountSettings => ({
  Type: 'bind',
  Source: net,
  Target: NET_MOUNT,
  ReadOnly: true,
});

/** The container of one build. */
export function containerSpec(input: ContainerInput): ContainerCreateOptions {
  const { source, mounts = [] } = input;
  return {
    ...framed(input, [...(source === null ? [] : [bind(source, WORKSPACE, 'rprivate')]), ...mounts]),
    Cmd: [...input.guard, ENTRY],
    WorkingDir: input.workingDir,
    Env: Object.entries(input.environment).map(([name, value]) => `${name}=${value}`),
    Labels: {
      [RUNNER_LABEL]: input.runnerId,
      [DEPLOYMENT_LABEL]: input.deploymentId,
      [ATTEMPT_LABEL]: String(input.attempt),
    },
  };
}

/**
 * The same container in the network namespace that another is in, from which it has its host name then.
 * @param files paths on the host, by the names in `/etc` of what the two would share as well
 */
export function inNetworkOf(
  { Hostname: _, ...spec }: ContainerCreateOptions,
  containerId: string,
  files: readonly (readonly [name: string, path: string])[],
): ContainerCreateOptions {
  const own = files.map(
    ([name, path]): MountSettings => ({ Type: 'bind', Source: path, Target: `/etc/${name}`, ReadOnly: true }),
  );
  const { HostConfig } = spec;
  const Mounts = [...(HostConfig?.Mounts ?? []), ...own];
  return { ...spec, HostConfig: { ...HostConfig, NetworkMode: `container:${containerId}`, Mounts } };
}

/** The folders on the host that a waiting container has: all of them empty. */
export interface WaitingFolders {
  readonly source: string;
  readonly net: string;
  readonly cache: string;
}

/**
 * A container that waits for a build, which is denied the same. It has no variables but the image's. What is mounted on
 * the host below its folders appears in it (`rslave`); nothing that it mounts would appear on the host.
 */
export function waitingSpec(
  frame: ContainerFrame,
  { source, net, cache }: WaitingFolders,
): ContainerCreateOptions {
  return {
    ...framed(frame, [
      bind(source, WORKSPACE, 'rslave'),
      bind(cache, CACHE_MOUNT, 'rslave'),
      // Without a proxy there is nothing in it, and nothing ever will be.
      netMount(net),
    ]),
    Cmd: [...frame.guard, ...waitingCommand(ENTRY)],
    WorkingDir: WORKSPACE,
    Labels: { [RUNNER_LABEL]: frame.runnerId, [PREPARED_LABEL]: 'yes' },
    AttachStdin: true,
    OpenStdin: true,
    StdinOnce: true,
  };
}

/**
 * Everything that a build is denied: no capabilities, no way to gain any (no-new-privileges), no
 * writable root, no engine socket, no more memory, CPU, processes than its limits. Memory and memory-swap are
 * equal, so that it cannot use the host's swap; what it writes to /tmp and its home counts as its memory.
 * The engine's default seccomp and AppArmor profiles stay in force. Output goes to the runner and nowhere
 * else: the engine's own log would keep unmasked secrets on disk.
 */
function framed(input: ContainerFrame, mounts: MountSettings[]): ContainerCreateOptions {
  const { limits } = input;
  const home = `rw,exec,nosuid,nodev,size=1g,uid=${BUILDER_UID},gid=${BUILDER_UID},mode=0755`;
  return {
    Image: input.image,
    User: BUILDER,
    Hostname: BUILD_HOSTNAME,
    AttachStdin: false,
    AttachStdout: true,
    AttachStderr: true,
    OpenStdin: false,
    Tty: false,
    StopSignal: 'SIGTERM',
    HostConfig: {
      NetworkMode: input.network,
      CapDrop: ['ALL'],
      SecurityOpt: ['no-new-privileges:true'],
      Privileged: false,
      ReadonlyRootfs: true,
      Init: true,
      Memory: limits.memoryBytes,
      MemorySwap: limits.memoryBytes,
      NanoCpus: Math.round(limits.cpus * 1e9),
      PidsLimit: limits.pids,
      IpcMode: 'private',
      Tmpfs: { '/tmp': 'rw,exec,nosuid,nodev,size=1g,mode=1777', [HOME]: home },
      Mounts: mounts,
      Ulimits: [
        // No core dumps: they would hold the app's secrets. Not 0: a host that pipes them to a program (apport,
        // systemd-coredump) does so whatever the limit is, unless it is 1 byte (core(5), do_coredump in Linux).
        { Name: 'core', Soft: 1, Hard: 1 },
        { Name: 'nofile', Soft: input.openFiles, Hard: input.openFiles },
        // No `nproc`: it counts a user's processes in all containers together, so one build could starve another.
        // PidsLimit is for each.
      ],
      LogConfig: { Type: 'none', Config: {} },
      RestartPolicy: { Name: 'no' },
      ...(input.runtime === undefined ? {} : { Runtime: input.runtime }),
    },
  };
}
