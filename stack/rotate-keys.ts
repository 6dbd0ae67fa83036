/**
 * Rotates the key that variables and files are sealed with.
 *
 * npm run keys:rotate of the local instance, which must not be running
 * npm run keys:rotate -- --url https://… of a deployed one that has SEALING_KEY and SEALING_KEY_PREVIOUS already
 *
 * It can be interrupted and run again at any time.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { LOOPBACK_ONLY } from './addresses/reach.ts';
import { ROOT, runCommand } from './command.ts';
import { controlPlane } from './control-plane.ts';
import { publicUrl } from './edge/config.ts';
import { bundleControlPlane } from './edge/control-plane-bundle.ts';
import { startEdge } from './edge/process.ts';
import { freePort } from './free-port.ts';
import { edgeConfig } from './instance.ts';
import { beginRotation, endRotation, resealAll } from './keys/rotate.ts';
import { StackProblem } from './problem.ts';
import { during, progressOn } from './progress.ts';
import { readSettings, withoutSecrets } from './settings.ts';
import { keepSecrets, makeStateFolder, statePaths, writeSecrets } from './state.ts';
import { openState } from './state-format.ts';

const EDGE_GRACE_MS = 10_000;

const progress = progressOn(process.stdout);

/** Seals everything of the instance at `url` with the new key. */
async function reseal(url: string, operatorSecret: string): Promise<void> {
  await during(progress, 'Sealing variables and files with the new key', async (task) => {
    const edge = controlPlane(url, operatorSecret);
    const total = await resealAll(edge.reseal, (resealed) => task.detail(`${resealed} so far`));
    task.detail(`${total} values`);
  });
}

async function rotateDeployed(url: string): Promise<void> {
  const secret = process.env.OPERATOR_SECRET;
  if (!secret) {
    throw new StackProblem(
      'settings_invalid',
      'OPERATOR_SECRET is not set',
      'set it in the environment to the operator secret of the instance',
    );
  }
  await reseal(url.replace(/\/$/, ''), secret);
  progress.say(
    'Everything is sealed with SEALING_KEY. Now run: npx wrangler secret delete SEALING_KEY_PREVIOUS',
  );
}

async function rotateLocal(): Promise<void> {
  const { state, passedOn } = readSettings(process.env, ROOT);
  await makeStateFolder(state);
  const unlock = await openState(state, ROOT);
  try {
    const secrets = beginRotation(await keepSecrets(state));
    await writeSecrets(state, secrets);
    const paths = statePaths(state);
    const main = await bundleControlPlane(ROOT, paths.bundle, {
      mongodb: passedOn.MONGODB_URI !== undefined,
    });
    // An instance that last started before it had a copy of the dashboard has no such folder, and needs none here.
    await mkdir(paths.dashboard, { recursive: true });
    const port = await freePort();
    const settings = { ...readSettings(process.env, ROOT), port, reach: LOOPBACK_ONLY };
    const edge = await startEdge(edgeConfig(settings, secrets, ROOT, main), {
      env: withoutSecrets(process.env),
      logFile: join(paths.logs, 'keys.log'),
    });
    try {
      await reseal(publicUrl(port), secrets.operatorSecret);
    } finally {
      await edge.stop(EDGE_GRACE_MS);
    }
    await writeSecrets(state, endRotation(secrets));
    progress.say(
      'The new key is in use and the previous one was removed. Older backups still need the secrets.json of their day.',
    );
  } finally {
    unlock();
  }
}

await runCommand(async () => {
  const { values } = parseArgs({ options: { url: { type: 'string' } } });
  await (values.url === undefined ? rotateLocal() : rotateDeployed(values.url));
  return 0;
});
