/** The modules of a bundled Worker, for workerd's configuration. */
import { readdirSync } from 'node:fs';
import { basename, dirname, extname, join, relative } from 'node:path';
import type { Module, ModuleKind } from './config.ts';
import { Embedded } from './notation.ts';

/** How a file that the bundler puts beside the main module is imported, by its name's ending. */
const KINDS: Readonly<Record<string, ModuleKind>> = {
  '.js': 'esModule',
  '.mjs': 'esModule',
  '.wasm': 'wasm',
  '.txt': 'text',
  '.html': 'text',
  '.sql': 'text',
  '.bin': 'data',
};

/** The modules of a bundle, the main one first. Excludes source maps and the bundler's metadata. */
export function bundledModules(main: string): { kind: ModuleKind; path: string }[] {
  const folder = dirname(main);
  const others = readdirSync(folder).flatMap((name) => {
    const kind = KINDS[extname(name)];
    return kind === undefined || name === basename(main) ? [] : [{ kind, path: join(folder, name) }];
  });
  return [{ kind: 'esModule', path: main }, ...others];
}

/**
 * The same for a configuration that is a file of `folder`.
 * @param main the main module, absolute
 */
export const embeddedModules = (main: string, folder: string): Module[] =>
  bundledModules(main).map(({ kind, path }) => ({
    name: basename(path),
    [kind]: new Embedded(relative(folder, path)),
  }));
