/** Where projects write which versions of Node and of package managers they want. */
import type { PackageManager } from '@appflux/protocol';
import { parseToml, tableAt } from '../data-text.ts';
import type { PackageJson } from '../package-json.ts';
import { joinPath, type SourceTree } from '../tree.ts';

export type Tool = 'node' | PackageManager;

/** A folder's package.json, nearest first, from the root directory up to the top of the source. */
export interface PackageAt {
  readonly folder: string;
  readonly pkg: PackageJson;
}

/** A version, range or alias as it is written, and where, as a part of a sentence. */
export interface WrittenVersion {
  readonly value: string;
  readonly by: string;
  /** Whether it only says what the project can live with, as `engines` does. */
  readonly isLoose?: true;
}

export interface VersionSources {
  readonly tree: SourceTree;
  readonly packages: readonly PackageAt[];
  /** The app's variables. */
  readonly variables: Readonly<Record<string, string>>;
}

/** The name of the variable that Netlify and Cloudflare Pages read a tool's version from. */
const variableOf = (tool: Tool): string => `${tool.toUpperCase()}_VERSION`;

/** Files of nothing but a version. */
const VERSION_FILES: Readonly<Record<Tool, readonly string[]>> = {
  node: ['.nvmrc', '.node-version'],
  bun: ['.bun-version'],
  npm: [],
  pnpm: [],
  yarn: [],
};

const TOOL_VERSIONS = '.tool-versions';
const MISE = ['mise.toml', '.mise.toml', '.config/mise.toml', '.config/mise/config.toml', 'mise/config.toml'];
export const NETLIFY_TOML = 'netlify.toml';

/** asdf's name of Node is `nodejs`, mise knows both. */
const namesOf = (tool: Tool): readonly string[] => (tool === 'node' ? ['nodejs', 'node'] : [tool]);

/** The version in the app's variables; none if they have no such variable, or an empty one. */
export function writtenInVariables(tool: Tool, { variables }: VersionSources): WrittenVersion[] {
  const name = variableOf(tool);
  return present(variables[name], `the variable ${name}`);
}

/**
 * The versions in the project's files, in the order in which they count: what netlify.toml sets for builds, then the
 * files of version managers, nearest first, then `volta`, `devEngines` and `engines` of the nearest package.json.
 */
export function* writtenInProject(tool: Tool, { tree, packages }: VersionSources): Generator<WrittenVersion> {
  const folders = tree.upward(tree.base);
  for (const folder of folders) {
    const path = joinPath(folder, NETLIFY_TOML);
    const value = netlifyVariables(tree.text(path))[variableOf(tool)];
    yield* present(value, `${variableOf(tool)} in ${path}`);
  }
  for (const folder of folders) {
    for (const name of VERSION_FILES[tool]) {
      const path = joinPath(folder, name);
      yield* present(firstLine(tree.text(path) ?? ''), path);
    }
    const tools = joinPath(folder, TOOL_VERSIONS);
    yield* present(ofTools(tool, tree.text(tools) ?? ''), tools);
    for (const name of MISE) {
      const path = joinPath(folder, name);
      yield* present(ofMise(tool, tree.text(path) ?? ''), path);
    }
  }
  for (const { folder, pkg } of packages) {
    const path = joinPath(folder, 'package.json');
    const engines = tool === 'node' ? pkg.devEngines.runtime : pkg.devEngines.packageManager;
    yield* present(pkg.volta[tool], `volta in ${path}`);
    yield* present(engines[tool], `devEngines in ${path}`);
    // npm itself only warns of `engines.npm`, and old ones do not run with the Nodes of today.
    if (tool === 'npm') continue;
    for (const written of present(pkg.engines[tool], `engines in ${path}`))
      yield { ...written, isLoose: true };
  }
}

/** `[build.environment]` of a netlify.toml: variables of its builds. */
export function netlifyVariables(text: string | null): Readonly<Record<string, string>> {
  const table = text === null ? null : tableAt(tableAt(parseToml(text), 'build'), 'environment');
  const texts = Object.entries(table ?? {}).filter((entry): entry is [string, string] => {
    return typeof entry[1] === 'string';
  });
  return Object.fromEntries(texts);
}

/** A version that is written; none for an empty one, and for `system`, which is what the machine has: the image's. */
export function present(value: string | null | undefined, by: string): WrittenVersion[] {
  const text = value?.trim().replace(/\s+/g, ' ') ?? '';
  return text === '' || text === 'system' ? [] : [{ value: text, by }];
}

/** What a `.tool-versions` of asdf or mise says: of several versions the first. */
function ofTools(tool: Tool, text: string): string {
  for (const line of lines(text)) {
    const [name = '', version = ''] = line.split(/\s+/);
    if (namesOf(tool).includes(name)) return version;
  }
  return '';
}

/** What a `mise.toml` says: a text, a table with a version, or a list of these, of which the first counts. */
function ofMise(tool: Tool, text: string): string {
  const tools = text === '' ? null : tableAt(parseToml(text), 'tools');
  const asked = namesOf(tool)
    .map((name) => tools?.[name])
    .find((value) => value !== undefined);
  const [first] = [asked].flat();
  const version = typeof first === 'object' && first !== null ? Reflect.get(first, 'version') : first;
  return typeof version === 'string' || typeof version === 'number' ? String(version) : '';
}

/** PowerShell's `>` writes UTF-16: what remains of its marks when it is read as UTF-8 is no part of a version. */
const lines = (text: string): string[] =>
  text
    .replace(/[\0\uFEFF\uFFFD]/g, '')
    .split(/\r?\n/)
    .map((line) => line.replace(/#.*/, '').trim());

const firstLine = (text: string): string => lines(text).find((line) => line !== '') ?? '';
