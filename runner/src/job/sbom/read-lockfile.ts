/** Reads a lockfile by its name. */
import { LockfileInvalid, type LockGraph } from './lock-graph.ts';
import { readBun } from './lockfiles/bun.ts';
import { readNpm } from './lockfiles/npm.ts';
import { readCargo, readGradle, readPub } from './lockfiles/others.ts';
import { readPnpm } from './lockfiles/pnpm.ts';
import { readYarn } from './lockfiles/yarn.ts';

/** The lockfiles of JavaScript, each with the package manager that it is of. Of several, the first one that is there. */
export const JAVASCRIPT_LOCKFILES = {
  npm: ['npm-shrinkwrap.json', 'package-lock.json'],
  pnpm: ['pnpm-lock.yaml'],
  yarn: ['yarn.lock'],
  bun: ['bun.lock'],
} as const;

const READERS: Readonly<Record<string, (text: string, manifest: string | null) => LockGraph>> = {
  'npm-shrinkwrap.json': readNpm,
  'package-lock.json': readNpm,
  'pnpm-lock.yaml': readPnpm,
  'yarn.lock': readYarn,
  'bun.lock': readBun,
  'pubspec.lock': readPub,
  'gradle.lockfile': readGradle,
  'buildscript-gradle.lockfile': readGradle,
  'Cargo.lock': readCargo,
};

/**
 * What a lockfile says. `manifest`: the package.json beside it, for those that don't say what is for development.
 * Throws LockfileInvalid for whatever can't be read.
 */
export function readLockfile(name: string, text: string, manifest: string | null): LockGraph {
  const read = READERS[name];
  if (read === undefined) throw new LockfileInvalid('AppFlux does not know this format');
  try {
    return read(text, manifest);
  } catch (error) {
    if (error instanceof LockfileInvalid) throw error;
    // What parsers say quotes the file, or is about a stack that is too deep for it.
    throw new LockfileInvalid('it is malformed', { cause: error });
  }
}
