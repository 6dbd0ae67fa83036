/** The configuration of a Tauri app (https://v2.tauri.app/reference/config/). */
import {
  type Data,
  hasKey,
  parseJson5,
  parseLooseJson,
  parseToml,
  tableAt,
  textAt,
} from '../../data-text.ts';
import { insidePath, joinPath, type SourceTree } from '../../tree.ts';
import { CONFIGS, cargoWorkspace } from './tauri-folder.ts';

/** What holds for Linux alone is in a file of its own, of the same format or another. */
const FOR_LINUX = ['tauri.linux.conf.json', 'tauri.linux.conf.json5', 'Tauri.linux.toml'];

export interface TauriConfig {
  /** The file that says that there is an app. */
  readonly path: string;
  /** Null where it cannot be read: then its crate speaks for it. */
  readonly data: Data | null;
  /** The crate's manifest. */
  readonly cargo: Data | null;
}

/** The configuration in a folder; null if there is none. */
export function tauriConfig(tree: SourceTree, folder: string): TauriConfig | null {
  const path = tree.firstFile(folder, CONFIGS);
  if (path === null) return null;
  const linux = tree.firstFile(folder, FOR_LINUX);
  const own = read(tree, path);
  return {
    path,
    data: own === null || linux === null ? own : merged(own, read(tree, linux) ?? {}),
    cargo: read(tree, joinPath(folder, 'Cargo.toml')),
  };
}

function read(tree: SourceTree, path: string): Data | null {
  const text = tree.text(path) ?? '';
  if (path.endsWith('.toml')) return parseToml(text);
  return path.endsWith('5') ? parseJson5(text) : parseLooseJson(text);
}

/** JSON Merge Patch (RFC 7396), by which Tauri puts the two together. What reads the outcome bounds how deep it looks. */
function merged(target: Data, patch: Data, depth = 0): Data {
  const entries = new Map(Object.entries(target));
  for (const [key, value] of Object.entries(patch)) {
    const [mine, theirs] = [tableAt(target, key), tableAt(patch, key)];
    if (value === null) entries.delete(key);
    else entries.set(key, theirs !== null && depth < 5 ? merged(mine ?? {}, theirs, depth + 1) : value);
  }
  return Object.fromEntries(entries);
}

/** Tauri 1 keeps its settings below `tauri`; where neither says so, the version of the crate does. */
export function generation({ data, cargo }: TauriConfig): 1 | 2 {
  if (tableAt(data, 'tauri') !== null) return 1;
  if (['identifier', 'app', 'bundle', 'productName'].some((key) => hasKey(data, key))) return 2;
  const dependencies = tableAt(cargo, 'dependencies');
  const crate = textAt(dependencies, 'tauri') ?? textAt(tableAt(dependencies, 'tauri'), 'version') ?? '2';
  return /^[\^~=\s]{0,5}1(?:\.|$)/.test(crate) ? 1 : 2;
}

/** What the app is bundled as, by the configuration. */
export function targetsOf({ data }: TauriConfig): readonly unknown[] {
  const targets = tableAt(data, 'bundle')?.targets ?? 'all';
  return Array.isArray(targets) ? targets : [targets];
}

/** Programs with which common templates build the front end, and that no builder image has. */
const LACKING = ['trunk', 'dx', 'deno', 'just', 'task', 'moon', 'mise'];
const SUBCOMMANDS = ['leptos', 'make', 'xtask'];

/** A program that the configuration's `beforeBuildCommand` runs and the desktop builder does not have; null if none. */
export function lackingTool({ data }: TauriConfig): string | null {
  const build = tableAt(data, 'build');
  const command =
    textAt(build, 'beforeBuildCommand') ?? textAt(tableAt(build, 'beforeBuildCommand'), 'script') ?? '';
  for (const simple of command.split(/&&|\|\||[;|\n]/)) {
    const words = simple.trim().split(/\s+/);
    const [program = '', subcommand = ''] = words.slice(words.findIndex((word) => !/^\w+=/.test(word)));
    if (LACKING.includes(program)) return program;
    if (program === 'cargo' && SUBCOMMANDS.includes(subcommand)) return `cargo ${subcommand}`;
  }
  return null;
}

/** The configuration's version, which may be the path of a package.json; else the crate's or its workspace's. */
export function versionOf(tree: SourceTree, folder: string, { data, cargo }: TauriConfig): string | null {
  const configured = textAt(data, 'version') ?? textAt(tableAt(data, 'package'), 'version');
  if (configured?.endsWith('.json') === true) {
    const path = insidePath(folder, configured);
    return path === null ? null : textAt(parseLooseJson(tree.text(path) ?? ''), 'version');
  }
  const crate = tableAt(cargo, 'package');
  const shared = tableAt(tableAt(cargoWorkspace(tree, folder)?.manifest ?? null, 'workspace'), 'package');
  return (
    configured ?? textAt(crate, 'version') ?? (hasKey(crate, 'version') ? textAt(shared, 'version') : null)
  );
}
