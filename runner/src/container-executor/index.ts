/** Builds in disposable containers: the default executor of runners. */
import { AttemptCache } from '../cache/attempt-cache.ts';
import { type Executor, runIfAny } from '../job/executor.ts';
import { removeAttemptFolder } from '../sandbox/attempt-folder.ts';
import { ContainerBuild } from './build.ts';
import type { BuildHost } from './build-input.ts';

export function containerExecutor(host: BuildHost): Executor {
  return {
    kind: 'docker',
    warning: null,
    planned: (plan) => plan,
    attempt: ({ job, folder, journal }) => {
      const cache = new AttemptCache(host.caches, { job, folder, journal });
      return {
        build: (input, ctx) =>
          runIfAny(
            input,
            (commands) => new ContainerBuild({ ...host, journal }, { ...input, cache, commands }, ctx).run(),
            ctx,
          ),
        keep: (ctx) => cache.keep(ctx),
      };
    },
    removeFolder: (top) => removeAttemptFolder(host.engine, host.runnerId, top),
  };
}
