/**
 * Restores a backup into an empty state folder: `APPFLUX_STATE`, or `.appflux`.
 *
 *   npm run restore -- TARGET [--snapshot ID]
 */
import { parseArgs } from 'node:util';
import { calledIn, LOCK_OPTIONS, readLocks, sizeText } from './backup/arguments.ts';
import { Repository } from './backup/format/repository.ts';
import { asProblem } from './backup/problem.ts';
import { restore } from './backup/restore.ts';
import { absoluteTarget, openStore } from './backup/store/open.ts';
import { ROOT, runCommand } from './command.ts';
import { StackProblem } from './problem.ts';
import { during, progressOn } from './progress.ts';
import { stateFolder } from './settings.ts';

const progress = progressOn(process.stdout);

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
    const store = await openStore(absoluteTarget(target, calledIn(process.env)));
    const { unlock } = await readLocks(values, process.env);
    const { manifest, bytes, settings } = await during(progress, `Restoring into ${state}`, async (task) =>
      restore({
        repository: await Repository.open(store, unlock),
        snapshot: values.snapshot,
        state,
        detail: task.detail,
      }),
    );
    progress.say(`Restored ${manifest.id}: ${sizeText(bytes)}, as of ${manifest.at}.`);
    if (settings.length > 0) {
      progress.say(`The instance ran with ${settings.join(', ')}; ${state}/settings.env has the values.`);
    }
    progress.say('Start it with "npm start".');
  } catch (error) {
    throw asProblem(error);
  }
  return 0;
});
