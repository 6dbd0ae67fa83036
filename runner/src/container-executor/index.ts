/** Builds in disposable containers: what runners do unless they are told otherwise. */
import { AttemptCache } from '../cache/attempt-cache.ts';
import type { Executor } from '../job/executor.ts';
import { removeAttemptFolder } from '../sandbox/attempt-folder.ts';
import { type BuildHost, build } from './build.ts';

export function containerExecutor(host: BuildHost): Executor {
  return {
    kind: 'docker',
    warning: null,
    planned: (plan) => plan,
    attempt: ({ job, folder, journal }) => {
      const cache = new AttemptCache(host.caches, { job, folder, journal });
      return {
        build: (input, ctx) => build({ ...host, journal }, { ...input, cache }, ctx),
        keep: (ctx) => cache.keep(ctx),
      };
    },
    removeFolder: (top) => removeAttemptFolder(host.engine, host.runnerId, top),
  };
}
