import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ROOT } from '../command.ts';

interface Entry {
  version?: string;
  integrity?: string;
  link?: boolean;
  inBundle?: boolean;
  os?: string | string[];
  cpu?: string | string[];
  optionalDependencies?: Record<string, string>;
}

/** Where a package that `from` depends on is installed: npm looks in the parent folders, as Node does. */
function locate(packages: Record<string, Entry>, from: string, name: string): string | null {
  let folder = from;
  for (;;) {
    const path = `${folder === '' ? '' : `${folder}/`}node_modules/${name}`;
    if (packages[path] !== undefined) return path;
    if (folder === '') return null;
    const above = folder.lastIndexOf('/node_modules/');
    folder = above === -1 ? '' : folder.slice(0, above);
  }
}

describe.each(['package-lock.json', 'builder-images/web/tools/package-lock.json'])('%s', (file) => {
  const text = readFileSync(join(ROOT, file), 'utf8');
  const { packages }: { packages: Record<string, Entry> } = JSON.parse(text);

  // Otherwise `npm ci` refuses the lockfile wherever the registry has what is missing. An `npm install` from a
  // registry that lacks a platform's package omits it.
  test('names the packages of every platform', () => {
    const missing = Object.entries(packages).flatMap(([path, entry]) =>
      Object.keys(entry.optionalDependencies ?? {})
        .filter((name) => locate(packages, path, name) === null)
        .map((name) => `${name}, for ${path}`),
    );
    expect(missing).toEqual([]);
  });

  test('pins the downloads for Linux by their hash', () => {
    const unpinned = Object.entries(packages).filter(
      ([path, entry]) => isDownloaded(path, entry) && entry.integrity === undefined,
    );
    expect(unpinned.map(([path]) => path)).toEqual([]);
  });

  test('names no registry', () => {
    expect(text).not.toMatch(/"resolved": "https?:/);
  });
});

/**
 * Whether a package is an archive of its own that one of our Linux platforms downloads: not a source, and not bundled
 * in another's archive.
 */
function isDownloaded(path: string, { link, inBundle, os, cpu }: Entry): boolean {
  if (!path.startsWith('node_modules/') || link === true || inBundle === true) return false;
  const fits = (wanted: string | string[] | undefined, ours: string[]) =>
    wanted === undefined || [wanted].flat().some((name) => ours.includes(name));
  return fits(os, ['linux']) && fits(cpu, ['x64', 'arm64']);
}
