/** Restores a snapshot into an empty state folder. */
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, statfs, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { execa } from 'execa';
import { z } from 'zod';
import { ROOT } from '../command.ts';
import { StackProblem } from '../problem.ts';
import { makeStateFolder, statePaths } from '../state.ts';
import { MARK, parseMark, programVersion, refuseNewer } from '../state-format.ts';
import type { Bucket } from './bucket.ts';
import type { Manifest } from './format/manifest.ts';
import { readText, writeFiles } from './format/read.ts';
import { damaged, type Repository } from './format/repository.ts';
import { putOutside, refuseUnlessReady } from './restore-outside.ts';
import { isCutOff } from './store/open.ts';
import { checkDatabases } from './verify.ts';

/** What is moved into the state folder, in this order: without secrets there is no instance. */
const MOVED = ['edge', 'servers', 'runners', 'proxy', 'cloudflare', MARK, 'settings.env', 'secrets.json'];

export interface RestoreOptions {
  readonly repository: Repository;
  /** The newest one unless it is given. */
  readonly snapshot?: string | undefined;
  /** The state folder. */
  readonly state: string;
  readonly outside?: RestoreOutside;
  readonly detail?: (text: string) => void;
}

/** Where the restored instance keeps what is not in its state folder. */
export interface RestoreOutside {
  /** Its S3 server's bucket; null for the embedded storage. */
  readonly bucket: Bucket | null;
  /** Null for the embedded D1. */
  readonly mongodbUri: string | null;
  readonly publicUrl: string;
}

const INSIDE: RestoreOutside = { bucket: null, mongodbUri: null, publicUrl: '' };

export interface Restored {
  readonly manifest: Manifest;
  readonly bytes: number;
  /** Names of the settings that the instance ran with. */
  readonly settings: readonly string[];
}

/**
 * Restores a snapshot. The folder is changed only when the whole snapshot has been read and checked.
 * @throws StackProblem `restore_refused` when the folder is not empty, `state_newer` when a newer version of AppFlux wrote
 *   what is in it, `disk_full`, or `backup_damaged`
 */
export async function restore(options: RestoreOptions): Promise<Restored> {
  const { repository, state, detail = () => undefined } = options;
  await refuseUnlessEmpty(state);
  const manifest = await repository.manifest(await chosen(options));
  await refuseNewerSnapshot(repository, manifest);
  const { outside = INSIDE } = options;
  await refuseUnlessReady(manifest, outside);
  const bytes = manifest.files.reduce((sum, { size }) => sum + size, 0);
  await makeStateFolder(state);
  await refuseUnlessRoom(state, bytes);
  const folder = statePaths(state).restoring;
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { mode: 0o700 });
  try {
    let written = 0;
    await writeFiles(repository, manifest, manifest.files, folder, (some) => {
      written += some;
      detail(`${Math.floor((100 * written) / Math.max(bytes, 1))} %`);
    });
    checkDatabases(manifest, folder, detail);
    const settings = await writeSettings(folder);
    await putOutside(manifest, folder, outside, detail);
    // All of it is on disk before any of it is in its place.
    await execa('sync', ['--file-system', folder]);
    for (const name of MOVED) {
      if (existsSync(join(folder, name))) await rename(join(folder, name), join(state, name));
    }
    return { manifest, bytes, settings };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function chosen({ repository, snapshot }: RestoreOptions): Promise<string> {
  const ids = await repository.snapshots();
  if (snapshot !== undefined) {
    if (ids.includes(snapshot)) return snapshot;
    throw new StackProblem(
      'arguments_invalid',
      `There is no snapshot ${snapshot}`,
      `choose one of these: ${ids.join(', ')}`,
    );
  }
  if (await isCutOff(repository.store)) {
    throw new StackProblem(
      'backup_damaged',
      `${repository.store.name} is cut off: its newest snapshot may be missing`,
      ids.length === 0
        ? 'use another copy of the backup'
        : `use another copy of the backup, or give --snapshot ${ids.at(-1)} to restore what is whole`,
    );
  }
  const newest = ids.at(-1);
  if (newest === undefined) throw damaged(repository.store.name, 'it has no snapshot');
  return newest;
}

async function refuseUnlessEmpty(state: string): Promise<void> {
  const names = await readdir(state).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [] as string[];
    throw error;
  });
  if (names.every((name) => name === 'lost+found')) return;
  const restoring = basename(statePaths(state).restoring);
  if (names.includes(restoring) && !names.includes('secrets.json')) {
    // What a restore that broke off has left is no instance: its secrets go last.
    for (const name of [...MOVED, restoring]) await rm(join(state, name), { recursive: true, force: true });
    return;
  }
  throw new StackProblem(
    'restore_refused',
    `The state folder ${state} is not empty`,
    'set APPFLUX_STATE to a folder that is empty or not there yet; a restore never replaces an instance',
  );
}

/** A backup of the state of a newer version is refused before anything is written. */
async function refuseNewerSnapshot(repository: Repository, manifest: Manifest): Promise<void> {
  const mark = manifest.files.find(({ path }) => path === MARK);
  if (mark === undefined) return;
  const text = await readText(repository, manifest, mark);
  const what = `The snapshot ${manifest.id}`;
  refuseNewer(parseMark(text, `${MARK} of ${manifest.id}`), what, await programVersion(ROOT));
}

async function refuseUnlessRoom(state: string, bytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(state);
  if (bavail * bsize > bytes) return;
  throw new StackProblem(
    'disk_full',
    `${state} has room for ${megabytes(bavail * bsize)} and the snapshot needs ${megabytes(bytes)}`,
    'make room, or set APPFLUX_STATE to a folder on a larger disk',
  );
}

const megabytes = (bytes: number) => `${Math.ceil(bytes / 1024 ** 2)} MB`;

/** Writes the instance's settings as a file that a shell reads; gives their names. */
async function writeSettings(folder: string): Promise<string[]> {
  const path = join(folder, 'settings.json');
  if (!existsSync(path)) return [];
  const settings = z.record(z.string(), z.string()).parse(JSON.parse(await readFile(path, 'utf8')));
  const lines = Object.entries(settings).map(([name, value]) => `${name}=${quoted(value)}\n`);
  if (lines.length > 0) await writeFile(join(folder, 'settings.env'), lines.join(''), { mode: 0o600 });
  return Object.keys(settings);
}

/** A value in single quotes, as a POSIX shell reads it. */
const quoted = (value: string) => `'${value.replaceAll("'", `'"'"'`)}'`;
