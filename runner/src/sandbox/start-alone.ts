/** Starts containers that have no network, each in a network namespace of its own. */
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ContainerCreateOptions } from 'dockerode';
import { inNetworkOf } from './container-spec.ts';
import { isEngineAway } from './engine.ts';

/** What the engine writes for a container, by its name in `/etc`. */
export type SharedFiles = Readonly<Record<'hosts' | 'hostname' | 'resolv.conf', string>>;

/** A container whose network namespace another one can join. */
export interface NamespaceOwner {
  readonly id: string;
  /** What the engine would mount into the other one as well. */
  readonly files: SharedFiles;
}

/** A namespace for one container, from before it is created until it has started. */
export interface LentNamespace {
  /** The container whose network it joins; null if the engine makes its namespace. */
  readonly of: NamespaceOwner | null;
  /** To be called once the container has started, or will not. */
  giveBack(): void;
  /** The same, if the container could not start with it, and then has without it. */
  refuse(error: unknown): void;
}

/** Has a namespace for each container that starts. */
export interface NamespaceLender {
  lend(): LentNamespace;
}

/** Where a container gets its network namespace. */
export interface NamespaceSource {
  readonly lender: NamespaceLender;
  /** A folder of the container's on the host, for files that it would share with others. */
  readonly folder: string;
}

/**
 * Starts a container. One without a network gets a namespace that nothing else is in, or ever was.
 * @param namespaces null if the engine makes it
 * @param start creates and starts it, and calls `started` then. If that fails, nothing of it may be left: it is tried again
 *   with a namespace that the engine makes, unless the engine has stopped
 */
export async function startAlone<T>(
  namespaces: NamespaceSource | null,
  spec: ContainerCreateOptions,
  start: (spec: ContainerCreateOptions, started: () => void) => Promise<T>,
): Promise<T> {
  if (namespaces === null || spec.HostConfig?.NetworkMode !== 'none') return start(spec, () => undefined);
  const { of, giveBack, refuse } = namespaces.lender.lend();
  let hasStarted = false;
  const started = () => {
    hasStarted = true;
    giveBack();
  };
  try {
    if (of === null) return await start(spec, started);
    return await start(inNetworkOf(spec, of.id, await ownFiles(of.files, namespaces.folder)), started);
  } catch (error) {
    // An engine that stopped may have started it, and run it on when it is back.
    if (hasStarted || of === null || isEngineAway(error)) throw error;
    const result = await start(spec, () => refuse(error));
    refuse(error);
    return result;
  } finally {
    giveBack();
  }
}

/** Writes them for one container: by a file of both, even one that it can only read, it could notice or lock out another. */
async function ownFiles(files: SharedFiles, folder: string): Promise<[name: string, path: string][]> {
  const etc = join(folder, 'etc');
  await mkdir(etc, { recursive: true });
  return Promise.all(
    Object.entries(files).map(async ([name, content]): Promise<[string, string]> => {
      const path = join(etc, name);
      await writeFile(path, content);
      // Whatever the umask: the builder's user has to read it.
      await chmod(path, 0o644);
      return [name, path];
    }),
  );
}
