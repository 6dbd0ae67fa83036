/** The runner of `npm run dev`: restarted when its sources change, after it has returned its builds. */
import { join } from 'node:path';
import type { ControlPlane } from '../control-plane.ts';
import { ensureRegistered, startRunner } from '../runners.ts';
import type { Settings } from '../settings.ts';
import { keepRestarting, type Restarting } from './restarting.ts';
import { watchSources } from './watch.ts';

const GRACE_MS = 30_000;
export const DEV_RUNNER = 'local-1';

/** @throws StackProblem `runner_failed` */
export async function startDevRunner(options: {
  root: string;
  settings: Settings;
  url: string;
  edge: ControlPlane;
  /** With DOCKER_HOST. */
  env: NodeJS.ProcessEnv;
  /** Variables that let a debugger attach to the runner itself, and not to any command that it runs before. */
  inspect: NodeJS.ProcessEnv;
  say: (text: string) => void;
  signal: AbortSignal;
}): Promise<Restarting> {
  const { root, settings, url, edge, env, inspect, say, signal } = options;
  await ensureRegistered(DEV_RUNNER, settings, url, edge, env);
  const runner = await keepRestarting({
    name: 'The runner',
    start: () => startRunner(DEV_RUNNER, settings, { ...env, ...inspect }),
    say,
    graceMs: GRACE_MS,
  });
  watchSources({
    folders: ['runner/src', 'detection/src', 'protocol/src'].map((folder) => join(root, folder)),
    onChange: async () => {
      await runner.restart();
      say('The runner runs the new code');
    },
    onError: (error) => say(`The runner did not restart: ${error instanceof Error ? error.message : error}`),
    signal,
  });
  return runner;
}
