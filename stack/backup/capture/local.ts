/** Backs up an instance on this machine, running or not. */
import { rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { StackProblem } from '../../problem.ts';
import type { Manifest } from '../format/manifest.ts';
import type { SnapshotWriter, Written } from '../format/write.ts';
import type { Control, Description } from './control.ts';
import { isObjectList, objectFiles, settleDatabase } from './databases.ts';
import { Stage, type Staged } from './stage.ts';

/** How often the moment is tried when the pause is too short for it: each time less is left to copy. */
const TRIES = 4;

/** Where copies lie during a backup, within the state folder. */
export const STAGING = 'backup-staging';

/** What lies outside the state folder: metadata in MongoDB, objects in the owner's S3 server. */
export interface Outside {
  /** Adds what is there before the pause. */
  before(writer: SnapshotWriter): Promise<void>;
  /** Runs in the pause. */
  during(): Promise<void>;
  /** Adds what the pause has found, and what came since the first look. */
  after(writer: SnapshotWriter): Promise<void>;
}

export interface LocalBackup {
  readonly state: string;
  readonly id: string;
  readonly writer: SnapshotWriter;
  /** Of the running instance; null for one that does not run. */
  readonly control: Control | null;
  readonly description: Description;
  readonly outside: readonly Outside[];
  readonly detail: (text: string) => void;
}

/** Takes a snapshot. @throws StackProblem `backup_failed` */
export async function backUpLocal(
  backup: LocalBackup,
): Promise<Written & Pick<Manifest, 'at' | 'pausedMs' | 'missing'>> {
  const { state, writer, control, detail } = backup;
  const stage = new Stage(state, join(state, STAGING), (path) =>
    // Which objects there are is read of it each time.
    isObjectList(path) || isRegistration(path) ? null : writer.previous(path),
  );
  try {
    detail('copying what is there');
    for (const part of backup.outside) await part.before(writer);
    const moment = await takeMoment(stage, control, backup.outside);
    const { kept, missing } = settled(moment.files, detail);
    let done = 0;
    for (const { path, kind, seen, from } of kept) {
      if (from === null) writer.reuse(path, seen);
      else if (isRegistration(path))
        await writer.add({ path, kind }, once(withoutUrl(await readFile(from, 'utf8'))));
      else {
        await writer.addFile({ path, kind, ...(seen === undefined ? {} : { seen }) }, from);
        // Room for the next: a copy of a database is needed no longer.
        rmSync(from, { force: true });
      }
      done += 1;
      if (done % 100 === 0) detail(`${done} of ${kept.length} files`);
    }
    for (const part of backup.outside) await part.after(writer);
    const { environment } = backup.description;
    await writer.add(
      { path: 'settings.json', kind: 'file' },
      once(`${JSON.stringify(environment, null, 2)}\n`),
    );
    const { at, pausedMs } = moment;
    const about = {
      id: backup.id,
      at,
      source: 'local',
      running: control !== null,
      pausedMs,
      missing,
    } as const;
    return { ...(await writer.finish(about)), at, pausedMs, missing };
  } finally {
    stage.remove();
  }
}

/** Stops all writes for a moment and takes what has changed since the copy ahead. */
async function takeMoment(
  stage: Stage,
  control: Control | null,
  outside: readonly Outside[],
): Promise<{ files: Staged[]; at: string; pausedMs: number }> {
  for (let attempt = 1; attempt <= TRIES; attempt += 1) {
    stage.copyAhead();
    await control?.pause();
    let files: Staged[];
    const at = new Date().toISOString();
    let pausedMs: number | null = null;
    try {
      files = stage.complete();
      for (const part of outside) await part.during();
    } finally {
      pausedMs = control === null ? 0 : await control.resume();
    }
    // Null: the instance went on while files were copied, so they are not of one moment.
    if (pausedMs !== null) return { files, at, pausedMs };
  }
  throw new StackProblem(
    'backup_failed',
    `The instance changes more in a pause of a few seconds than can be copied in it (${TRIES} attempts)`,
    'make the backup at a quieter time, or keep the state folder on a faster disk',
  );
}

/** Makes the copied databases whole, and tells which files belong to the snapshot. */
function settled(
  files: readonly Staged[],
  detail: (text: string) => void,
): { kept: Staged[]; missing: string[] } {
  const named = new Map<string, string>();
  const damaged = new Set<string>();
  for (const { path, kind, from } of files) {
    if (kind !== 'database' || from === null) continue;
    detail(`checking ${basename(path)}`);
    const wrong = settleDatabase(from);
    if (wrong !== null && isOfSite(path)) {
      // What is in it is up to a site: no site may keep the others from being backed up.
      damaged.add(path);
    } else if (wrong !== null) {
      throw new StackProblem(
        'backup_failed',
        `The database ${path} of the instance is damaged (${wrong.slice(0, 200)})`,
        'earlier snapshots are untouched: restore the file from one of them',
      );
    }
    if (isObjectList(path)) for (const [file, key] of objectFiles(from)) named.set(file, key);
  }
  // A file that no database names is half an upload, or is about to be removed.
  const kept = files.filter(({ path, kind }) =>
    kind === 'object' ? named.has(basename(path)) : !damaged.has(path),
  );
  const there = new Set(kept.map(({ path }) => basename(path)));
  const missing = [...named].filter(([file]) => !there.has(file)).map(([, key]) => key);
  return { kept, missing: [...missing, ...damaged] };
}

/** Whether a database is one that the server of a site fills. */
const isOfSite = (path: string): boolean =>
  path.startsWith('servers/') && basename(path) !== 'metadata.sqlite';

const isRegistration = (path: string): boolean => /^runners\/[^/]+\/runner\.json$/.test(path);

/**
 * A local runner's registration without the instance's URL, which is another one where it is restored. A start writes
 * that one, since the instance knows the runner. The name is one that never resolves (RFC 6761).
 */
const withoutUrl = (registration: string): string =>
  JSON.stringify({ ...z.looseObject({}).parse(JSON.parse(registration)), url: 'http://moved.invalid' });

async function* once(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}
