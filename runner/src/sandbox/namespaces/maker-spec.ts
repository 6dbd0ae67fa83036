/** The container that makes network namespaces, as the engine is asked for it. Pure. */
import type { ContainerCreateOptions } from 'dockerode';
import { BUILD_HOSTNAME } from '../container-spec.ts';

/** Carries the id of the runner. Not RUNNER_LABEL: it belongs to no build, and outlives them. */
export const MAKER_LABEL = 'dev.appflux.namespaces';

/** What the host's perl needs of the host; those that exist are mounted. */
export const HOST_FOLDERS = ['/usr', '/lib', '/lib64'];

const MEMORY_BYTES = 64 * 1024 ** 2;
/** The engine's own threads count until the program begins. */
const PIDS = 32;

export interface MakerInput {
  readonly runnerId: string;
  /** The id of an image with nothing in it. */
  readonly imageId: string;
  readonly command: readonly string[];
  readonly folders: readonly string[];
}

/**
 * Nothing of an image, a project or a team is in it: its only program is the host's own, which reads from nobody but the
 * runner. It has the two capabilities that its calls need (unshare(2), netdevice(7)), and may write to /proc/sys, where a
 * namespace has its settings. What joins its network gets its host name, too.
 */
export const makerSpec = ({ runnerId, imageId, command, folders }: MakerInput): ContainerCreateOptions => ({
  Image: imageId,
  Cmd: [...command],
  User: '0:0',
  Hostname: BUILD_HOSTNAME,
  Env: ['PATH=/usr/bin'],
  AttachStdin: true,
  AttachStdout: true,
  AttachStderr: true,
  OpenStdin: true,
  StdinOnce: true,
  // The first process of a container ignores SIGTERM (pid_namespaces(7)): an engine that shuts down would wait for it.
  StopSignal: 'SIGKILL',
  Labels: { [MAKER_LABEL]: runnerId },
  HostConfig: {
    NetworkMode: 'none',
    CapDrop: ['ALL'],
    CapAdd: ['SYS_ADMIN', 'NET_ADMIN'],
    SecurityOpt: ['no-new-privileges:true', 'apparmor=unconfined'],
    ReadonlyPaths: [],
    ReadonlyRootfs: true,
    Memory: MEMORY_BYTES,
    MemorySwap: MEMORY_BYTES,
    PidsLimit: PIDS,
    IpcMode: 'private',
    Mounts: folders.map((folder) => ({ Type: 'bind', Source: folder, Target: folder, ReadOnly: true })),
    LogConfig: { Type: 'none', Config: {} },
    RestartPolicy: { Name: 'no' },
  },
});
