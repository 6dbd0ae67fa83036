/** The process of `start` that runs no builds itself, but the version of the runner that does. */
import process from 'node:process';
import type { Settings } from '../config/settings.ts';
import type { Journal } from '../journal.ts';
import { ownPackage } from '../update/installed-package.ts';
import { launch, processSignals } from '../update/launch.ts';
import { LAUNCHED_VARIABLE } from '../update/messages.ts';

/** Whether this process is to start the runner as a child. One that builds only once is installed afresh each time. */
export const mayBeReplaced = (
  { selfUpdate, ephemeral }: Pick<Settings, 'selfUpdate' | 'ephemeral'>,
  env: NodeJS.ProcessEnv,
): boolean => selfUpdate && !ephemeral && env[LAUNCHED_VARIABLE] === undefined;

/** Runs until the runner ends for another reason than an update. Gives its exit code. */
export async function launchRunner({ state }: Settings, journal: Journal): Promise<number> {
  return launch({
    state,
    installed: await ownPackage(),
    args: process.argv.slice(2),
    env: process.env,
    journal,
    onSignals: processSignals,
  });
}
