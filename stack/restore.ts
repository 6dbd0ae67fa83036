/**
 * Restores a backup into an empty state folder: `APPFLUX_STATE`, or `.appflux`.
 *
 *   npm run restore -- TARGET [--snapshot ID]
 */
import { parseArgs } from 'node:util';
import { addressesOf } from './addresses/addresses.ts';
import { calledIn, LOCK_OPTIONS, readLocks, sizeText } from './backup/arguments.ts';
import { foreignBucket } from './backup/bucket.ts';
import { exportedDatabase } from './backup/deployed.ts';
import type { Manifest } from './backup/format/manifest.ts';
import { Repository } from './backup/format/repository.ts';
import { asProblem } from './backup/problem.ts';
import { type RestoreOutside, restore } from './backup/restore.ts';
import { absoluteTarget, openStore } from './backup/store/open.ts';
import { s3ServerOf } from './backup/store/s3-server.ts';
import { ROOT, runCommand } from './command.ts';
import { databaseNames } from './deploy/settings.ts';
import { edgeConfig } from './instance.ts';
import { StackProblem } from './problem.ts';
import { during, progressOn } from './progress.ts';
import { readSettings, stateFolder } from './settings.ts';
import { makeSecrets } from './state.ts';

const progress = progressOn(process.stdout);

/** Where the restored instance keeps what is not in its state folder, by the settings that it will be started with. */
async function outsideOf(): Promise<RestoreOutside> {
  const settings = readSettings(process.env, ROOT);
  const { variables } = edgeConfig(settings, makeSecrets(), ROOT, '');
  return {
    bucket: foreignBucket(variables),
    mongodbUri: variables.MONGODB_URI ?? null,
    publicUrl: addressesOf(settings).publicUrl,
  };
}

/** What is left to do for an instance on Cloudflare. */
function sayDeployed(state: string, { files }: Manifest): void {
  progress.say('Its objects are in the bucket of the S3_… variables. What is left:');
  for (const { path } of files) {
    const number = exportedDatabase(path);
    const name = number === null ? undefined : databaseNames({ database: 'appflux' })[number];
    if (name !== undefined)
      progress.say(
        `  npx wrangler d1 execute ${name} --remote --file ${state}/${path}    (an empty database)`,
      );
  }
  progress.say(
    `  the secrets of ${state}/settings.env, and your others, into .appflux/deploy/secrets.json of the checkout`,
  );
  progress.say('  npm run deploy');
}

await runCommand(async () => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { ...LOCK_OPTIONS, snapshot: { type: 'string' } },
  });
  const [target, ...more] = positionals;
  if (target === undefined || more.length > 0) {
    throw new StackProblem(
      'arguments_invalid',
      'Name one backup',
      'for example "npm run restore -- /backup/appflux.backup"',
    );
  }
  const state = stateFolder(process.env, ROOT);
  try {
    const store = await openStore(absoluteTarget(target, calledIn(process.env)), s3ServerOf(process.env));
    const { unlock } = await readLocks(values, process.env);
    const { manifest, bytes, settings } = await during(progress, `Restoring into ${state}`, async (task) =>
      restore({
        repository: await Repository.open(store, unlock),
        snapshot: values.snapshot,
        state,
        outside: await outsideOf(),
        detail: task.detail,
      }),
    );
    progress.say(`Restored ${manifest.id}: ${sizeText(bytes)}, as of ${manifest.at}.`);
    if (settings.length > 0) {
      progress.say(`The instance ran with ${settings.join(', ')}; ${state}/settings.env has the values.`);
    }
    if (manifest.source === 'local') progress.say('Start it with "npm start".');
    else sayDeployed(state, manifest);
  } catch (error) {
    throw asProblem(error);
  }
  return 0;
});
