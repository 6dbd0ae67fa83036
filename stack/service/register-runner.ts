/**
 * The step of the runner's service that runs as root, before the runner does: it waits for the instance and registers
 * the runner. systemd ends it after TimeoutStartSec, so it waits without a limit of its own.
 */
import { addressesOf } from '../addresses/addresses.ts';
import { ROOT, runCommand } from '../command.ts';
import { registerRunner } from './registration.ts';
import { runnerSettings } from './runner-settings.ts';
import { INSTANCE_STATE } from './units.ts';

await runCommand(async () => {
  const settings = runnerSettings(process.env, ROOT);
  const { localUrl: url } = addressesOf(settings);
  await registerRunner({ settings, instanceState: INSTANCE_STATE, url, env: process.env });
  return 0;
});
