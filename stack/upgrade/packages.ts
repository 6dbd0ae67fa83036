/**
 * Prepares a version beside the one that runs: its sources, packages and dashboard lie in a folder next to the checkout
 * until they are exchanged with its own by renaming.
 */
import { existsSync } from 'node:fs';
import { cp, mkdir, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { installedMatches } from '../bootstrap/packages.mjs';
import { npm } from '../npm.ts';
import { errorLines, StackProblem } from '../problem.ts';
import type { Checkout } from './checkout.ts';

/** What belongs to a version and is in no commit. */
const BUILT = [
  'node_modules',
  ...['protocol', 'client', 'detection', 'edge', 'runner', 'dashboard', 'stack', 'cli'].map(
    (part) => `${part}/node_modules`,
  ),
  'dashboard/build',
];

/** The stamps of what is installed and built. Programs write to them in place, so they are copied and not linked. */
const STAMPS = 'node_modules/.cache';

/** Folders next to a checkout: on the same file system, and outside of what its own tools search. */
export function besides(root: string) {
  const folder = `${root}.upgrade`;
  return { folder, next: join(folder, 'next'), previous: join(folder, 'previous') };
}

/** Unpacks, installs and builds a version beside the checkout. @throws StackProblem */
export async function prepareNext(
  checkout: Checkout,
  commit: string,
  env: NodeJS.ProcessEnv,
  detail: (text: string) => void,
): Promise<void> {
  const { root } = checkout;
  const { folder, next } = besides(root);
  try {
    await rm(folder, { recursive: true, force: true });
    await mkdir(next, { recursive: true });
  } catch (cause) {
    throw new StackProblem(
      'upgrade_refused',
      `${folder} can't be created`,
      'the new version is prepared there: make the folder above it writable for this user',
      { cause },
    );
  }
  detail('unpacking');
  const archive = join(folder, 'next.tar');
  await checkout.archive(commit, archive);
  await execa('tar', ['-xf', archive, '-C', next]);
  await rm(archive);
  if (await samePackages(root, next)) {
    detail('linking packages');
    await linkPackages(root, next);
  } else {
    detail('installing packages');
    await npm(['ci', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: next, env });
  }
  if (!existsSync(join(next, 'stack', 'upgrade', 'build.ts'))) return;
  detail('building the dashboard');
  const { failed, all } = await execa(process.execPath, [join(next, 'stack', 'upgrade', 'build.ts')], {
    cwd: next,
    env,
    stdin: 'ignore',
    all: true,
    reject: false,
  });
  if (failed) {
    throw new StackProblem(
      'dashboard_failed',
      `The new version could not be built (${errorLines(all)})`,
      'report it to the project; the instance runs on with its version',
    );
  }
}

async function samePackages(root: string, next: string): Promise<boolean> {
  const installed = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(installed)) return false;
  const lock = await readFile(join(next, 'package-lock.json'), 'utf8');
  return installedMatches(lock, await readFile(installed, 'utf8'));
}

/** Gives the next version the packages of this one, as hard links. */
async function linkPackages(root: string, next: string): Promise<void> {
  for (const path of BUILT) {
    if (!existsSync(join(root, path))) continue;
    await mkdir(dirname(join(next, path)), { recursive: true });
    await execa('cp', ['-al', join(root, path), join(next, path)]);
  }
  await rm(join(next, STAMPS), { recursive: true, force: true });
  const stamps = join(STAMPS, 'appflux');
  if (existsSync(join(root, stamps))) await cp(join(root, stamps), join(next, stamps), { recursive: true });
}

/** Is there once everything of the version before was put aside: from then on the checkout has what is new. */
const ASIDE = 'aside';

/** Puts what was prepared into the checkout, and what was there aside. */
export async function exchange(root: string): Promise<void> {
  const { next, previous } = besides(root);
  await rm(previous, { recursive: true, force: true });
  await moveBuilt(root, previous);
  await mkdir(join(previous, ASIDE), { recursive: true });
  await moveBuilt(next, root);
}

/** Undoes `exchange`, as far as it has come. */
export async function exchangeBack(root: string): Promise<void> {
  const { next, previous } = besides(root);
  if (existsSync(join(previous, ASIDE))) await moveBuilt(root, next);
  await moveBuilt(previous, root);
}

async function moveBuilt(from: string, to: string): Promise<void> {
  for (const path of BUILT) {
    if (existsSync(join(from, path))) await move(join(from, path), join(to, path));
  }
}

async function move(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  await rm(to, { recursive: true, force: true });
  await rename(from, to);
}

/** Removes what was prepared and put aside. */
export async function removeBesides(root: string): Promise<void> {
  await rm(besides(root).folder, { recursive: true, force: true });
}
