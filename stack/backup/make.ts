/** Makes a backup of a local instance, and keeps note of how it went. */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf, StackProblem } from '../problem.ts';
import { lockState, statePaths } from '../state.ts';
import { foreignBucket } from './bucket.ts';
import { Control, type Description } from './capture/control.ts';
import { backUpLocal, type Outside } from './capture/local.ts';
import { mongoMetadata } from './capture/mongo.ts';
import { bucketObjects } from './capture/objects.ts';
import { Repository, readHeader } from './format/repository.ts';
import { SnapshotWriter, type Written } from './format/write.ts';
import { BackupKey, type Protection, type Unlock } from './key.ts';
import { reportStatus } from './report.ts';
import { changeStatus, readStatus } from './status.ts';
import { type BackupStore, bytesIn } from './store/store.ts';

/** Where collections of MongoDB lie during a backup, within the state folder. */
const STAGING_OUTSIDE = 'backup-staging-mongo';

export interface BackupOptions {
  readonly state: string;
  readonly store: BackupStore;
  /** Protects a backup that is made new; null when nothing was given. */
  readonly protection: Protection | null;
  /** Opens a backup whose key this instance does not keep. */
  readonly unlock: Unlock;
  /** How many snapshots stay; all unless it is given. */
  readonly keep?: number | undefined;
  /** What an instance that does not run would be started with. */
  readonly description: () => Promise<Description>;
  readonly detail?: (text: string) => void;
}

export interface Made extends Written {
  readonly id: string;
  readonly pausedMs: number;
  readonly missing: readonly string[];
  readonly running: boolean;
  /** Bytes of all snapshots together. */
  readonly bytes: number;
  /** The moment that the snapshot shows. */
  readonly at: string;
  /** Why the running instance did not take the report; null if it did, or doesn't run. */
  readonly unreported: string | null;
  /** The snapshots that were removed because of `keep`. */
  readonly removed: readonly string[];
}

/** Makes a snapshot. @throws StackProblem */
export async function makeBackup(options: BackupOptions): Promise<Made> {
  const { state } = options;
  const triedAt = new Date().toISOString();
  const before = (await readStatus(state)).last;
  try {
    const made = await attempt(options);
    const last = { succeededAt: made.at, target: options.store.name, error: null, triedAt };
    await changeStatus(state, { last });
    return { ...made, unreported: await reportStatus(state, { bytes: made.bytes }) };
  } catch (error) {
    const { succeededAt = null, target = null } = before ?? {};
    await changeStatus(state, { last: { succeededAt, target, error: messageOf(error), triedAt } });
    // The error itself is what matters, and is thrown.
    await reportStatus(state);
    throw error;
  }
}

async function attempt(options: BackupOptions): Promise<Omit<Made, 'unreported'>> {
  const { state, store, keep, detail = () => undefined } = options;
  if (!existsSync(statePaths(state).secrets)) {
    throw new StackProblem(
      'arguments_invalid',
      `There is no instance in ${state}`,
      'set APPFLUX_STATE to the state folder of the instance',
    );
  }
  await using cleanup = new AsyncDisposableStack();
  const control = await Control.connect(statePaths(state).control);
  if (control !== null) cleanup.defer(() => control.close());
  // Nobody starts it while it is copied.
  else cleanup.defer(await lockState(state));
  const description = control === null ? await options.description() : await control.describe();

  cleanup.defer(() => store.close());
  const repository = await openOrCreate(options);
  const newest = (await repository.snapshots()).at(-1);
  const previous = newest === undefined ? null : await repository.manifest(newest);
  const writer = new SnapshotWriter(repository, previous, await repository.packs());
  const id = newSnapshotId(new Date());
  const outside = outsideOf(description.variables, state, detail);
  const written = await backUpLocal({ state, id, writer, control, description, outside, detail });
  const { removed } = keep === undefined ? { removed: [] } : await repository.prune(keep);
  return { ...written, id, running: control !== null, removed, bytes: await bytesIn(store) };
}

/** What the instance keeps outside its state folder, by the variables of its Worker. */
function outsideOf(
  variables: Description['variables'],
  state: string,
  detail: (text: string) => void,
): Outside[] {
  const bucket = foreignBucket(variables);
  const uri = variables.MONGODB_URI;
  return [
    ...(bucket === null ? [] : [bucketObjects(bucket, detail)]),
    ...(uri === undefined ? [] : [mongoMetadata(uri, join(state, STAGING_OUTSIDE))]),
  ];
}

/** Opens the backup with the key that the instance keeps for it, or with what was given; makes it when there is none. */
async function openOrCreate({ state, store, protection, unlock }: BackupOptions): Promise<Repository> {
  const header = await readHeader(store);
  const { keys } = await readStatus(state);
  const kept = header === null ? undefined : keys[header.id];
  if (kept !== undefined) return Repository.open(store, { key: await BackupKey.of(kept) });
  if (header === null && protection === null) {
    throw new StackProblem(
      'arguments_invalid',
      'A new backup needs something to protect it',
      'set APPFLUX_BACKUP_PASSPHRASE, or give --passphrase-file FILE or --recipient age1…',
    );
  }
  const repository =
    header === null && protection !== null
      ? await Repository.create(store, protection)
      : await Repository.open(store, unlock);
  await changeStatus(state, { keys: { ...keys, [repository.header.id]: repository.key.identity } });
  return repository;
}

/**
 * The name of a snapshot that is made now. Sorts by time, to the millisecond: the first three digits after the second are
 * the milliseconds, the others are random.
 */
export function newSnapshotId(now: Date): string {
  const second = now.toISOString().replace(/[-:]|\.\d{3}/g, '');
  const milliseconds = now.getUTCMilliseconds().toString(16).padStart(3, '0');
  return `${second}-${milliseconds}${randomBytes(2).toString('hex').slice(1)}`;
}
