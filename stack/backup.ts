/**
 * Backs up the local instance, whether it runs or not; docs/backup.md says what is in a backup.
 *
 *   npm run backup -- TARGET                a file, a folder/ or s3://bucket/prefix; run it again to add a snapshot
 *   npm run backup -- TARGET --schedule "0 3 * * *" --keep 14      now, and then by "npm start" at these times
 *   npm run backup -- --schedule off        ends the schedule
 *   npm run backup -- TARGET --url https://…      a deployed instance; OPERATOR_SECRET and S3_… in the environment
 *   npm run backup -- verify TARGET         reads and checks all of it
 */
import { parseArgs } from 'node:util';
import { calledIn, LOCK_OPTIONS, readLocks, sizeText } from './backup/arguments.ts';
import type { Description } from './backup/capture/control.ts';
import { backUpDeployed } from './backup/deployed.ts';
import { Repository, readHeader } from './backup/format/repository.ts';
import { BackupKey } from './backup/key.ts';
import { type Made, makeBackup } from './backup/make.ts';
import { asProblem } from './backup/problem.ts';
import { putReport, reportStatus } from './backup/report.ts';
import { checkCron } from './backup/schedule.ts';
import { changeStatus, readStatus } from './backup/status.ts';
import { absoluteTarget, openStore } from './backup/store/open.ts';
import { s3ServerOf } from './backup/store/s3-server.ts';
import type { BackupStore } from './backup/store/store.ts';
import { verifyBackup } from './backup/verify.ts';
import { ROOT, runCommand } from './command.ts';
import { edgeConfig } from './instance.ts';
import { messageOf, StackProblem } from './problem.ts';
import { during, progressOn } from './progress.ts';
import { readSettings, stateFolder } from './settings.ts';
import { keepSecrets } from './state.ts';

const progress = progressOn(process.stdout);
const state = stateFolder(process.env, ROOT);

const { values, positionals } = parsed(() =>
  parseArgs({
    allowPositionals: true,
    options: {
      ...LOCK_OPTIONS,
      keep: { type: 'string' },
      schedule: { type: 'string' },
      url: { type: 'string' },
      // For `npm start`: makes the backup that the schedule names.
      scheduled: { type: 'boolean', default: false },
    },
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
async function describeStopped(): Promise<Description> {
  const settings = readSettings(process.env, ROOT);
  const { variables, environment = {} } = edgeConfig(settings, await keepSecrets(state), ROOT, '');
  return { url: '', variables, environment };
}

function wholeNumber(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const number = Number(text);
  if (Number.isSafeInteger(number) && number >= 1) return number;
  throw new StackProblem('arguments_invalid', `--${name} ${text} is not a whole number from 1`, 'correct it');
}

async function backUp(target: string): Promise<void> {
  if (values.schedule !== undefined) checkCron(values.schedule);
  const keep = wholeNumber('keep', values.keep);
  const s3 = s3ServerOf(process.env);
  await backUpTo(await openStore(target, s3), keep);
  if (values.schedule === undefined) return;
  const since = new Date().toISOString();
  const schedule = { cron: values.schedule, target, since, ...(keep && { keep }), ...(s3 && { s3 }) };
  await changeStatus(state, { schedule });
  await sayUnlessReported();
  progress.say(`"npm start" makes a backup there at "${schedule.cron}", in the time of this machine.`);
}

async function sayUnlessReported(): Promise<void> {
  const why = await reportStatus(state);
  if (why !== null) progress.say(`Warning: the instance did not take the report (${why})`);
}

/** The backup that the schedule names. */
async function backUpScheduled(): Promise<void> {
  const { schedule } = await readStatus(state);
  if (schedule === null) return;
  await backUpTo(await openStore(schedule.target, schedule.s3 ?? null), schedule.keep);
}

async function backUpFromCloudflare(url: string, target: string): Promise<void> {
  // All four, or none: half of them would be a bucket that can't be read.
  if (readSettings(process.env, ROOT).storage === null) {
    throw new StackProblem(
      'settings_invalid',
      'The bucket of the instance is not known',
      'set S3_ENDPOINT, S3_BUCKET, S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY as for the instance',
    );
  }
  if (!process.env.SEALING_KEY)
    progress.say('Warning: SEALING_KEY is not in the environment, so it is not in the backup');
  const store = await openStore(target, s3ServerOf(process.env));
  const locks = await readLocks(values, process.env);
  const keep = wholeNumber('keep', values.keep);
  const made = await during(progress, `Backing up ${url} to ${store.name}`, (task) =>
    backUpDeployed({ root: ROOT, store, ...locks, keep, env: process.env, detail: task.detail }),
  );
  const { at: succeededAt } = made;
  const status = {
    succeededAt,
    triedAt: succeededAt,
    target,
    error: null,
    schedule: null,
    bytes: made.bytes,
  };
  const secret = process.env.OPERATOR_SECRET ?? '';
  const unreported = await putReport(url.replace(/\/$/, ''), secret, status).catch(messageOf);
  sayMade({ ...made, unreported });
}

async function endSchedule(): Promise<void> {
  await changeStatus(state, { schedule: null });
  await sayUnlessReported();
  progress.say('No more backups are made by a schedule.');
}

async function backUpTo(store: BackupStore, keep: number | undefined): Promise<void> {
  const { protection, unlock } = await readLocks(values, process.env);
  const made = await during(progress, `Backing up to ${store.name}`, (task) =>
    makeBackup({
      state,
      store,
      protection,
      unlock,
      keep,
      description: () => describeStopped(),
      detail: task.detail,
    }),
  );
  sayMade(made);
}

function sayMade({ id, total, stored, pausedMs, running, missing, removed, unreported }: Made): void {
  const paused = running ? `, paused for ${(pausedMs / 1000).toFixed(2)} s` : ', which was not running';
  const pause = values.url === undefined ? paused : '';
  progress.say(`Snapshot ${id}: ${sizeText(total)} of the instance${pause}; ${sizeText(stored)} added.`);
  if (removed.length > 0) progress.say(`Removed ${removed.length} older snapshots.`);
  if (unreported !== null) progress.say(`Warning: the instance did not take the report (${unreported})`);
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
  if (!verified.cutOff) return noteVerified(store);
  throw new StackProblem(
    'backup_damaged',
    `${store.name} is cut off after the snapshots above`,
    'a copy or a backup broke off: copy it again, or make another backup to it',
  );
}

/** Reports that a backup is whole to the instance whose newest backup it is, if that runs. */
async function noteVerified(store: BackupStore): Promise<void> {
  const { last } = await readStatus(state);
  if (last?.target !== store.name) return;
  const unreported = await reportStatus(state, { verifiedAt: new Date().toISOString() });
  if (unreported !== null) progress.say(`Warning: the instance did not take the report (${unreported})`);
}

/** Opens a backup with what was given, or else with the key that this instance keeps. */
async function openFor(store: BackupStore): Promise<Repository> {
  const { unlock } = await readLocks(values, process.env);
  if (unlock.passphrase !== undefined || unlock.identities !== undefined)
    return Repository.open(store, unlock);
  const header = await readHeader(store);
  const { keys } = await readStatus(state);
  const kept = header === null ? undefined : keys[header.id];
  if (kept === undefined) return Repository.open(store, unlock);
  progress.say('Opened with the key that this instance keeps; no passphrase was tried.');
  return Repository.open(store, { key: await BackupKey.of(kept) });
}

await runCommand(async () => {
  const [first, second, ...more] = positionals;
  try {
    if (values.scheduled) await backUpScheduled();
    else if (first === undefined && values.schedule === 'off') await endSchedule();
    else if (first === 'verify') await verify(await openStore(only(second, more), s3ServerOf(process.env)));
    else if (values.url !== undefined)
      await backUpFromCloudflare(values.url, only(first, positionals.slice(1)));
    else await backUp(only(first, positionals.slice(1)));
  } catch (error) {
    throw asProblem(error);
  }
  return 0;
});

/** The one target that was named, absolute. */
function only(target: string | undefined, more: readonly string[]): string {
  if (target !== undefined && more.length === 0) return absoluteTarget(target, calledIn(process.env));
  throw new StackProblem(
    'arguments_invalid',
    'Name one target',
    'for example "npm run backup -- /backup/appflux.backup", "… -- s3://bucket/appflux", or "… -- verify TARGET"',
  );
}
