/**
 * Short-lived containers for the runner's own work, where a build's files are none of its to open or only an image knows
 * an answer. No project's code runs in them.
 */
import type { Container, MountSettings } from 'dockerode';
import { untilAborted } from '../stop.ts';
import { BUILDER, RUNNER_LABEL } from './container-spec.ts';
import { containerEnd, type Engine } from './engine.ts';

export interface Helper {
  readonly runnerId: string;
  /** Any builder image has what is needed. */
  readonly image: string;
  readonly command: readonly string[];
  readonly mounts?: readonly MountSettings[];
  readonly memoryBytes?: number;
}

/**
 * Makes a helper, hands it to `work`, which starts it, and removes it after that, however that went. It is the builder's
 * user, has no network and no right, and writes nowhere but into its mounts.
 */
export async function withHelper<T>(
  engine: Engine,
  { runnerId, image, command, mounts = [], memoryBytes }: Helper,
  work: (container: Container) => Promise<T>,
): Promise<T> {
  const container = await engine.createContainer({
    Image: image,
    Cmd: [...command],
    User: BUILDER,
    AttachStdout: true,
    AttachStderr: true,
    Labels: { [RUNNER_LABEL]: runnerId },
    HostConfig: {
      NetworkMode: 'none',
      CapDrop: ['ALL'],
      SecurityOpt: ['no-new-privileges:true'],
      ReadonlyRootfs: true,
      LogConfig: { Type: 'none', Config: {} },
      Mounts: [...mounts],
      ...(memoryBytes === undefined ? {} : { Memory: memoryBytes }),
    },
  });
  try {
    return await work(container);
  } finally {
    await container.remove({ force: true, v: true });
  }
}

/** Runs a helper to its end and gives its exit code. @throws the signal's reason when it aborts */
export async function runHelper(engine: Engine, helper: Helper, signal?: AbortSignal): Promise<number> {
  return withHelper(engine, helper, async (container) => {
    signal?.throwIfAborted();
    await container.start();
    const ended = containerEnd(container);
    return signal === undefined ? ended : untilAborted(ended, signal);
  });
}
