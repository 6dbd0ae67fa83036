/**
 * A copy of an instance's state while nothing runs: what a new version may change. It is what an upgrade goes back to, and
 * not the backup: it has everything that was acknowledged until the old version was stopped.
 */
import { constants, existsSync } from 'node:fs';
import {
  chmod,
  chown,
  copyFile,
  link,
  mkdir,
  open,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  statfs,
  writeFile,
} from 'node:fs/promises';
import { join, relative } from 'node:path';
import { execa } from 'execa';
import { z } from 'zod';
import { StackProblem } from '../problem.ts';
import { MARK } from '../state-format.ts';

/** Objects are files that never change: they are linked. */
const OBJECTS = /^edge\/r2\/[^/]+\/blobs$/;

/** Files at the top of a state folder that a version writes. */
const FILES = ['secrets.json', MARK, 'backup.json'];

/** Folders with databases. */
const DATA = ['edge', 'servers'] as const;

const folderOf = (state: string) => join(state, 'upgrade');
const copyOf = (state: string) => join(folderOf(state), 'before');

/** What an upgrade that breaks off leaves to the one that goes back. */
const Begun = z.object({
  /** What was checked out. */
  commit: z.string(),
  branch: z.string().nullable(),
  version: z.string(),
  /** Whether the instance ran. */
  ran: z.boolean(),
});
export type Begun = z.infer<typeof Begun>;

const begunOf = (state: string) => join(folderOf(state), 'begun.json');

/** What an upgrade had begun with when it broke off; null if none did. */
export async function readBegun(state: string): Promise<Begun | null> {
  return existsSync(begunOf(state)) ? Begun.parse(JSON.parse(await readFile(begunOf(state), 'utf8'))) : null;
}

/** Copies the state into itself. @throws StackProblem `disk_full` */
export async function saveState(state: string, begun: Begun): Promise<void> {
  const into = copyOf(state);
  await rm(folderOf(state), { recursive: true, force: true });
  const sizes = await Promise.all(DATA.map((folder) => sizeOf(state, folder)));
  const needed = sizes.reduce((sum, size) => sum + size, 0);
  const { bavail, bsize } = await statfs(state);
  if (bavail * bsize < needed * 1.1) {
    throw new StackProblem(
      'disk_full',
      `${state} has no room for a copy of its databases (${Math.ceil(needed / 1024 ** 2)} MB)`,
      'make room, then try again',
    );
  }
  await mkdir(into, { recursive: true, mode: 0o700 });
  for (const folder of DATA) {
    // Also an empty one: where there was none, what the new version puts there is removed again.
    await mkdir(join(into, folder), { mode: 0o700 });
    await copyTree(state, into, folder);
  }
  for (const path of [...FILES, ...(await registrations(state))]) {
    if (existsSync(join(state, path))) await copyOne(join(state, path), join(into, path));
  }
  // All of the copy is on disk before anything relies on it.
  await execa('sync', ['--file-system', into]);
  await writeFile(`${begunOf(state)}.part`, JSON.stringify(begun), { mode: 0o600, flush: true });
  await rename(`${begunOf(state)}.part`, begunOf(state));
}

/** Puts the copy back in the place of what a new version has made of the state. Can be repeated if it broke off. */
export async function putBack(state: string): Promise<void> {
  const from = copyOf(state);
  for (const folder of DATA) {
    if (!existsSync(join(from, folder))) continue;
    const failed = join(folderOf(state), `failed-${folder}`);
    await rm(failed, { recursive: true, force: true });
    if (existsSync(join(state, folder))) await rename(join(state, folder), failed);
    await rename(join(from, folder), join(state, folder));
  }
  for (const path of [...FILES, ...(await registrations(from))]) {
    if (existsSync(join(from, path))) await replaceOne(join(from, path), join(state, path));
    // The new version has made it.
    else await rm(join(state, path), { force: true });
  }
  await forgetSaved(state);
}

/** Forgets the copy. */
export async function forgetSaved(state: string): Promise<void> {
  // First, so that half a copy is never put back.
  await rm(begunOf(state), { force: true });
  await rm(folderOf(state), { recursive: true, force: true });
}

/** Where the copy is. */
export const savedFolder = copyOf;

async function registrations(state: string): Promise<string[]> {
  const runners = join(state, 'runners');
  if (!existsSync(runners)) return [];
  return (await readdir(runners)).map((name) => join('runners', name, 'runner.json'));
}

/** The bytes of the files below a folder that are copied and not linked. */
async function sizeOf(state: string, folder: string): Promise<number> {
  if (OBJECTS.test(folder) || !existsSync(join(state, folder))) return 0;
  let bytes = 0;
  for (const entry of await readdir(join(state, folder), { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) bytes += await sizeOf(state, path);
    else if (entry.isFile()) bytes += (await stat(join(state, path))).size;
  }
  return bytes;
}

async function copyTree(state: string, into: string, folder: string): Promise<void> {
  const source = join(state, folder);
  if (!existsSync(source)) return;
  await makeLike(source, join(into, folder));
  for (const entry of await readdir(source, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) await copyTree(state, into, path);
    else if (!entry.isFile()) continue;
    else if (OBJECTS.test(relative(state, source))) await linkOne(join(state, path), join(into, path));
    else await copyOne(join(state, path), join(into, path));
  }
}

async function linkOne(from: string, to: string): Promise<void> {
  try {
    await link(from, to);
  } catch {
    // A file system without hard links, or with a limit of them: a copy says what else is wrong.
    await copyOne(from, to);
  }
}

async function copyOne(from: string, to: string): Promise<void> {
  await mkdir(join(to, '..'), { recursive: true, mode: 0o700 });
  await copyFile(from, to, constants.COPYFILE_FICLONE);
  await own(from, to);
}

/** The copy takes its place whole: a power cut while secrets are put back must not leave half of them. */
async function replaceOne(from: string, to: string): Promise<void> {
  const aside = `${to}.upgrade`;
  await copyOne(from, aside);
  const file = await open(aside, 'r');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(aside, to);
}

async function makeLike(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true });
  await own(from, to);
}

/** root upgrades a service whose state belongs to another user. */
async function own(from: string, to: string): Promise<void> {
  const { mode, uid, gid } = await stat(from);
  await chmod(to, mode & 0o7777);
  if (process.getuid?.() === 0) await chown(to, uid, gid);
}
