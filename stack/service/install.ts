/** Puts the files of the services into a system, and takes them out again. */
import { chmod, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { lastLines, StackProblem } from '../problem.ts';
import type { ServiceFile } from './plan.ts';

/** The system to install into: this one, or the tree of another one below a folder (`DESTDIR`). */
export interface System {
  /** Absolute; null for this system. */
  readonly root: string | null;
}

const at = ({ root }: System, path: string): string => (root === null ? path : join(root, path));

/**
 * Writes the files. Each is replaced whole; those to keep only if they don't exist.
 * @returns the paths that were written, without the root folder
 */
export async function writeFiles(system: System, files: readonly ServiceFile[]): Promise<string[]> {
  const written: string[] = [];
  for (const { path, mode, content, keep } of files) {
    const target = at(system, path);
    if (keep && (await exists(target))) continue;
    await mkdir(dirname(target), { recursive: true });
    const aside = `${target}.${process.pid}`;
    await writeFile(aside, content, { mode: 0o600, flush: true });
    await chmod(aside, mode);
    await rename(aside, target);
    written.push(path);
  }
  return written;
}

async function exists(path: string): Promise<boolean> {
  try {
    await readFile(path);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false;
    throw error;
  }
}

/** Deletes files that an installation has written, where they exist. */
export async function removeFiles(system: System, paths: readonly string[]): Promise<void> {
  for (const path of paths) await rm(at(system, path), { force: true });
}

/** Creates the system users. */
export async function createUsers(system: System): Promise<void> {
  const root = system.root === null ? [] : [`--root=${system.root}`];
  await run('systemd-sysusers', [...root, 'appflux.conf']);
}

/** Has systemd read the units, and start these after each boot. They are started right now only on this system. */
export async function enable(system: System, units: readonly string[]): Promise<void> {
  if (system.root !== null) {
    await run('systemctl', [`--root=${system.root}`, 'enable', ...units]);
    return;
  }
  await run('systemctl', ['daemon-reload']);
  await run('systemctl', ['enable', ...units]);
  // The runner's start waits for the instance, which takes a minute the first time.
  await run('systemctl', ['restart', '--no-block', ...units]);
}

/** Stops the units that exist and doesn't start them any more. */
export async function disable(system: System, units: readonly string[]): Promise<void> {
  const existing: string[] = [];
  for (const unit of units) {
    if (await exists(at(system, `/etc/systemd/system/${unit}`))) existing.push(unit);
  }
  if (existing.length === 0) return;
  if (system.root === null) await run('systemctl', ['disable', '--now', ...existing]);
  else await run('systemctl', [`--root=${system.root}`, 'disable', ...existing]);
}

/** @throws StackProblem `service_failed` with the end of the program's output */
async function run(program: string, args: readonly string[]): Promise<void> {
  const result = await execa(program, args, { stdin: 'ignore', all: true, reject: false });
  if (!result.failed) return;
  const missing = result.code === 'ENOENT';
  throw new StackProblem(
    'service_failed',
    missing
      ? `${program} is not installed`
      : `"${[program, ...args].join(' ')}" failed (${lastLines(result.all ?? '')})`,
    missing ? 'services need a system with systemd' : 'run it to see why, then run this command again',
    { cause: result },
  );
}
