/** Finds out, from a project's files, whether its package manager may be pointed at the proxy's registry. */
import { constants } from 'node:fs';
import { lstat, open } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import type { PackageManager, RegistryFacts } from './override.ts';

const LOCKFILES: Readonly<Record<PackageManager, readonly string[]>> = {
  npm: ['package-lock.json', 'npm-shrinkwrap.json'],
  pnpm: ['pnpm-lock.yaml'],
  yarn: ['yarn.lock'],
  'yarn-berry': ['yarn.lock'],
  bun: ['bun.lock', 'bun.lockb'],
};

/** Where each manager reads the registry from, besides its variable. */
const CONFIGURATION: Readonly<Record<PackageManager, readonly string[]>> = {
  npm: ['.npmrc'],
  pnpm: ['.npmrc', 'pnpm-workspace.yaml'],
  yarn: ['.npmrc', '.yarnrc'],
  'yarn-berry': ['.yarnrc.yml'],
  bun: ['.npmrc', 'bunfig.toml'],
};

/** A line that sets the registry for all packages, in any of these files: `registry=`, `registry "`, `npmRegistryServer:`. */
const REGISTRY_LINE = /^\s*["']?(?:install\.)?(?:registry|npmRegistryServer)["']?\s*[=: ]/m;

const MAX_CONFIGURATION_BYTES = 64 * 1024;

/**
 * Reads the facts of the project in `root`, an absolute path in the source tree `top`. Folders between the two count,
 * too: in a workspace the lockfile and the configuration lie above the package. No link is followed.
 */
export async function readRegistryFacts(
  root: string,
  top: string,
  manager: PackageManager,
): Promise<RegistryFacts> {
  let lockfile = false;
  let ownRegistry = false;
  for (const folder of foldersUpTo(root, top)) {
    for (const name of LOCKFILES[manager]) {
      lockfile ||= await isFile(join(folder, name));
    }
    for (const name of CONFIGURATION[manager]) {
      ownRegistry ||= await namesRegistry(join(folder, name));
    }
  }
  return { manager, lockfile, ownRegistry };
}

function foldersUpTo(root: string, top: string): string[] {
  const steps = relative(top, root)
    .split('/')
    .filter((step) => step !== '');
  if (steps.includes('..')) return [root];
  const folders = [root];
  for (const _ of steps) folders.push(dirname(folders.at(-1) ?? root));
  return folders;
}

async function isFile(path: string): Promise<boolean> {
  return lstat(path).then(
    (found) => found.isFile(),
    // Not there, or a parent that is no folder: no lockfile either way.
    () => false,
  );
}

/** Also true for an unreadable file: then the manager keeps its own configuration. */
async function namesRegistry(path: string): Promise<boolean> {
  try {
    const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      const { size } = await file.stat();
      const content = Buffer.alloc(Math.min(size, MAX_CONFIGURATION_BYTES) + 1);
      const { bytesRead } = await file.read(content, 0, content.length, 0);
      if (bytesRead > MAX_CONFIGURATION_BYTES) return true;
      return REGISTRY_LINE.test(content.toString('utf8', 0, bytesRead));
    } finally {
      await file.close();
    }
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ENOENT';
  }
}
