/** Registers the runner of a service with the instance beside it. Runs as root. */
import { mkdir, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { RefusedError } from '@appflux/client';
import { execa } from 'execa';
import { z } from 'zod';
import { type ControlPlane, controlPlane } from '../control-plane.ts';
import { isStackProblem, StackProblem } from '../problem.ts';
import { ensureRegistered, runnerCommand } from '../runners.ts';
import type { Settings } from '../settings.ts';
import { statePaths } from '../state.ts';
import { SERVICE_RUNNER } from './runner-settings.ts';
import { RUNNER_USER } from './units.ts';

const ASK_EVERY_MS = 500;

/** How long the first start of an instance that answers may take to create its owner, in milliseconds. */
const OWNER_WITHIN_MS = 60_000;

const OperatorSecret = z.object({ operatorSecret: z.string() });

/** The operator's secret, once the first start of the instance has written it. */
async function operatorSecret(instanceState: string): Promise<string> {
  for (;;) {
    try {
      const text = await readFile(statePaths(instanceState).secrets, 'utf8');
      return OperatorSecret.parse(JSON.parse(text)).operatorSecret;
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
    }
    await sleep(ASK_EVERY_MS);
  }
}

/** Waits until the instance answers its operator, which it does once it has an owner. */
async function untilSetUp(edge: ControlPlane): Promise<void> {
  while ((await edge.health())?.status !== 'ok') await sleep(ASK_EVERY_MS);
  const deadline = performance.now() + OWNER_WITHIN_MS;
  for (;;) {
    try {
      await edge.runners();
      return;
    } catch (error) {
      // 401: the start is about to create the owner.
      const refusal = isStackProblem(error, 'edge_failed') ? error.cause : null;
      const early = refusal instanceof RefusedError && refusal.httpStatus === 401;
      if (!early || performance.now() > deadline) throw error;
    }
    await sleep(ASK_EVERY_MS);
  }
}

/**
 * Waits for the instance, without a limit, and registers the runner with the operator's secret, which the runner's
 * user can't read. The runner's folder and credential then belong to that user.
 * @param options.settings those of the runner
 * @param options.instanceState the state folder of the instance
 * @param options.url where the runner reaches the instance
 * @throws StackProblem `runner_failed`, `service_failed`
 */
export async function registerRunner(options: {
  settings: Settings;
  instanceState: string;
  url: string;
  env: NodeJS.ProcessEnv;
}): Promise<void> {
  const { settings, url, env } = options;
  const edge = controlPlane(url, await operatorSecret(options.instanceState));
  await untilSetUp(edge);
  const { state } = runnerCommand(settings, SERVICE_RUNNER, env);
  await mkdir(state, { recursive: true, mode: 0o700 });
  await ensureRegistered(SERVICE_RUNNER, settings, url, edge, env);
  // Not recursive: files of builds belong to their users.
  await giveToRunner([dirname(state), state, `${state}/runner.json`]);
}

/** Makes files and folders the runner's. @throws StackProblem `service_failed` */
export async function giveToRunner(paths: readonly string[]): Promise<void> {
  const result = await execa('chown', ['--no-dereference', `${RUNNER_USER}:`, ...paths], { reject: false });
  if (!result.failed) return;
  throw new StackProblem(
    'service_failed',
    `The runner's files can't be given to ${RUNNER_USER} (${result.stderr})`,
    'run "npm run service -- install" again',
  );
}
