/**
 * Backs up the local instance, whether it runs or not; docs/backup.md says what is in a backup.
 *
 *   npm run backup -- TARGET                a file, a folder/ or s3://bucket/prefix; run it again to add a snapshot
 *   npm run backup -- verify TARGET         reads and checks all of it
 */
import { parseArgs } from 'node:util';
import { calledIn, LOCK_OPTIONS, readLocks, sizeText } from './backup/arguments.ts';
import type { Description } from './backup/capture/control.ts';
import { Repository, readHeader } from './backup/format/repository.ts';
import { BackupKey } from './backup/key.ts';
import { type Made, makeBackup } from './backup/make.ts';
import { asProblem } from './backup/problem.ts';
import { readStatus } from './backup/status.ts';
import { absoluteTarget, openStore } from './backup/store/open.ts';
import type { BackupStore } from './backup/store/store.ts';
import { verifyBackup } from './backup/verify.ts';
import { ROOT, runCommand } from './command.ts';
import { edgeConfig } from './instance.ts';
import { StackProblem } from './problem.ts';
import { during, progressOn } from './progress.ts';
import { readSettings, stateFolder } from './settings.ts';
import { keepSecrets } from './state.ts';

const progress = progressOn(process.stdout);

const { values, positionals } = parsed(() =>
  parseArgs({
    allowPositionals: true,
    options: { ...LOCK_OPTIONS, keep: { type: 'string' } },
  }),
);

function parsed<Result>(parse: () => Result): Result {
  try {
    return parse();
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
    process.exit(2);
  }
}

/** What an instance that does not run would be started with. */
async function describeStopped(state: string): Promise<Description> {
  const settings = readSettings(process.env, ROOT);
  const { variables, environment = {} } = edgeConfig(settings, await keepSecrets(state), ROOT, '');
  return { variables, environment };
}

function wholeNumber(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const number = Number(text);
  if (Number.isSafeInteger(number) && number >= 1) return number;
  throw new StackProblem('arguments_invalid', `--${name} ${text} is not a whole number from 1`, 'correct it');
}

async function backUp(store: BackupStore): Promise<void> {
  const state = stateFolder(process.env, ROOT);
  const { protection, unlock } = await readLocks(values, process.env);
  const keep = wholeNumber('keep', values.keep);
  const made = await during(progress, `Backing up to ${store.name}`, (task) =>
    makeBackup({
      state,
      store,
      protection,
      unlock,
      keep,
      description: () => describeStopped(state),
      detail: task.detail,
    }),
  );
  sayMade(made);
}

function sayMade({ id, total, stored, pausedMs, running, missing, removed }: Made): void {
  const pause = running ? `, paused for ${(pausedMs / 1000).toFixed(2)} s` : ', which was not running';
  progress.say(`Snapshot ${id}: ${sizeText(total)} of the instance${pause}; ${sizeText(stored)} added.`);
  if (removed.length > 0) progress.say(`Removed ${removed.length} older snapshots.`);
  for (const key of missing) progress.say(`Warning: the instance itself has lost the object ${key}`);
}

async function verify(store: BackupStore): Promise<void> {
  const repository = await openFor(store);
  const verified = await during(progress, `Verifying ${store.name}`, (task) =>
    verifyBackup(repository, task.detail),
  );
  for (const { id, at, bytes, missing } of verified.snapshots) {
    const lost = missing.length === 0 ? '' : `, without ${missing.length} objects that the instance had lost`;
    progress.say(`${id}  ${at}  ${sizeText(bytes)}${lost}`);
  }
  progress.say(
    `All ${verified.chunks} chunks are as they were written; ${verified.databases} databases are whole.`,
  );
  if (!verified.cutOff) return;
  throw new StackProblem(
    'backup_damaged',
    `${store.name} is cut off after the snapshots above`,
    'a copy or a backup broke off: copy it again, or make another backup to it',
  );
}

/** Opens a backup with what was given, or else with the key that this instance keeps. */
async function openFor(store: BackupStore): Promise<Repository> {
  const { unlock } = await readLocks(values, process.env);
  if (unlock.passphrase !== undefined || unlock.identities !== undefined)
    return Repository.open(store, unlock);
  const header = await readHeader(store);
  const { keys } = await readStatus(stateFolder(process.env, ROOT));
  const kept = header === null ? undefined : keys[header.id];
  if (kept === undefined) return Repository.open(store, unlock);
  progress.say('Opened with the key that this instance keeps; no passphrase was tried.');
  return Repository.open(store, { key: await BackupKey.of(kept) });
}

await runCommand(async () => {
  const [first, second, ...more] = positionals;
  const target = first === 'verify' ? second : first;
  if (target === undefined || more.length > 0 || (first !== 'verify' && second !== undefined)) {
    throw new StackProblem(
      'arguments_invalid',
      'Name one target',
      'for example "npm run backup -- /backup/appflux.backup", "… -- s3://bucket/appflux", or "… -- verify TARGET"',
    );
  }
  try {
    const store = await openStore(absoluteTarget(target, calledIn(process.env)));
    await (first === 'verify' ? verify(store) : backUp(store));
  } catch (error) {
    throw asProblem(error);
  }
  return 0;
});
