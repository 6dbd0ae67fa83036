/** Starts containers that have no network, each in a network namespace of its own. */
import type { ContainerCreateOptions } from 'dockerode';
import { inNetworkOf } from './container-spec.ts';
import { isEngineAway } from './engine.ts';

/** A namespace for one container, from before it is created until it has started. */
export interface LentNamespace {
  /** The container whose network it joins; null if the engine makes its namespace. */
  readonly of: string | null;
  /** To be called once the container has started, or will not. */
  giveBack(): void;
}

/** Has a namespace for each container that starts. */
export interface NamespaceLender {
  lend(): LentNamespace;
}

/**
 * Starts a container. One without a network gets a namespace that nothing else is in, or ever was.
 * @param namespaces null if the engine makes it
 * @param start creates and starts it, and calls `started` then. If that fails, nothing of it may be left: it is tried again
 *   with a namespace that the engine makes, unless the engine has stopped
 */
export async function startAlone<T>(
  namespaces: NamespaceLender | null,
  spec: ContainerCreateOptions,
  start: (spec: ContainerCreateOptions, started: () => void) => Promise<T>,
): Promise<T> {
  const lent = spec.HostConfig?.NetworkMode === 'none' ? namespaces?.lend() : undefined;
  const alone = lent?.of == null ? spec : inNetworkOf(spec, lent.of);
  let hasStarted = false;
  try {
    return await start(alone, () => {
      hasStarted = true;
      lent?.giveBack();
    });
  } catch (error) {
    // An engine that stopped may have started it, and run it on when it is back.
    if (hasStarted || alone === spec || isEngineAway(error)) throw error;
    return await start(spec, () => undefined);
  } finally {
    lent?.giveBack();
  }
}
