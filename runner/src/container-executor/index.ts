/** Builds in disposable containers: the default executor of runners. */
import { IMAGES } from '@appflux/detection';
import { AttemptCache } from '../cache/attempt-cache.ts';
import { type Executor, runIfAny } from '../job/executor.ts';
import { makeAttemptFolder, removeAttemptFolder } from '../sandbox/attempt-folder.ts';
import { ContainerBuild } from './build.ts';
import type { BuildHost } from './build-input.ts';

export function containerExecutor(host: BuildHost): Executor {
  /** Containers that are being removed, by the tops of their attempts' folders. */
  const removals = new Map<string, Promise<void>>();
  return {
    kind: 'docker',
    warning: null,
    planned: (plan) => plan,
    folder: ({ job, attempt, limits }) => {
      const { deploymentId, app, build, type } = job;
      const image = build.image ?? (type === null ? null : IMAGES[type]);
      return host.prepared.folderOf({ deploymentId, attempt, appId: app.id, image, limits });
    },
    attempt: ({ job, folder, journal }) => {
      const cache = new AttemptCache(host.caches, { job, folder, journal });
      const sandbox = host.prepared.in(folder);
      const onRemoval = (removal: Promise<void>) => void removals.set(folder.top, removal);
      return {
        makeFolder: async (disk) => {
          if (sandbox === null) return makeAttemptFolder(folder, disk);
          try {
            await sandbox.folderMade();
          } catch (error) {
            disk.onError(error);
            await removeAttemptFolder(host.engine, host.runnerId, folder.top);
            await makeAttemptFolder(folder);
          }
        },
        build: (input, ctx) =>
          runIfAny(
            input,
            (commands) =>
              new ContainerBuild(
                { ...host, journal },
                { ...input, cache, commands, sandbox, onRemoval },
                ctx,
              ).run(),
            ctx,
          ),
        keep: async (ctx) => {
          // The engine unmounts the cache with the container.
          await removals.get(folder.top);
          await cache.keep(ctx);
        },
      };
    },
    settled: async (folder) => {
      await removals.get(folder.top);
      await host.prepared.settle(folder);
    },
    removeFolder: async (top) => {
      await removals.get(top);
      removals.delete(top);
      await host.prepared.release(top);
    },
  };
}
