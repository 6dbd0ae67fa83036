/**
 * The step of the runner's service that runs as root, before the runner does: it waits for the instance, and registers
 * the runner with the operator's secret, which the runner's user can't read.
 */
import { mkdir, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { z } from 'zod';
import { addressesOf } from '../addresses/addresses.ts';
import { ROOT, runCommand } from '../command.ts';
import { controlPlane } from '../control-plane.ts';
import { StackProblem } from '../problem.ts';
import { ensureRegistered, runnerCommand } from '../runners.ts';
import { statePaths } from '../state.ts';
import { runnerSettings, SERVICE_RUNNER } from './runner-settings.ts';
import { INSTANCE_STATE, RUNNER_USER } from './units.ts';

const ASK_EVERY_MS = 500;

const OperatorSecret = z.object({ operatorSecret: z.string() });

/** The operator's secret, once the first start of the instance has written it. */
async function operatorSecret(): Promise<string> {
  for (;;) {
    try {
      const text = await readFile(statePaths(INSTANCE_STATE).secrets, 'utf8');
      return OperatorSecret.parse(JSON.parse(text)).operatorSecret;
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
    }
    await sleep(ASK_EVERY_MS);
  }
}

// systemd ends this after TimeoutStartSec, so it waits without a limit of its own.
await runCommand(async () => {
  const settings = runnerSettings(process.env, ROOT);
  const { localUrl } = addressesOf(settings);
  const edge = controlPlane(localUrl, await operatorSecret());
  while ((await edge.health())?.status !== 'ok') await sleep(ASK_EVERY_MS);
  const { state } = runnerCommand(settings, SERVICE_RUNNER, process.env);
  await mkdir(state, { recursive: true, mode: 0o700 });
  await ensureRegistered(SERVICE_RUNNER, settings, localUrl, edge, process.env);
  // Not recursive: files of builds belong to their users.
  const owned = [dirname(state), state, `${state}/runner.json`];
  const result = await execa('chown', ['--no-dereference', `${RUNNER_USER}:`, ...owned], { reject: false });
  if (!result.failed) return 0;
  throw new StackProblem(
    'service_failed',
    `The runner's files can't be given to ${RUNNER_USER} (${result.stderr})`,
    'run "npm run service -- install" again',
  );
});
