/** `package.json`, read for what detection asks of it. */

import { quoted } from '@appflux/protocol';
import { z } from 'zod';
import { DetectionFailure } from './failure.ts';
import { parseJson } from './json.ts';

/** Text by name. No prototype: names are from outside, and `constructor` is one that somebody may use. */
export type Texts = Readonly<Record<string, string>>;

const MAX_ENTRIES = 5_000;
const MAX_TEXT = 2_000;

/** The entries of an object that are texts of reasonable length; anything else counts as no entries. */
function textsOf(value: unknown): Texts {
  const texts: Record<string, string> = Object.create(null);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return texts;
  for (const [name, text] of Object.entries(value).slice(0, MAX_ENTRIES)) {
    if (typeof text === 'string' && text.length <= MAX_TEXT && name.length <= 214) texts[name] = text;
  }
  return texts;
}

function firstText(value: unknown): string | null {
  if (typeof value === 'string' && value.length <= MAX_TEXT) return value;
  return Object.values(textsOf(value))[0] ?? null;
}

/** `["a/*"]`, or Yarn's `{ packages: ["a/*"] }`. */
function globsOf(value: unknown): readonly string[] | null {
  if (value === null || value === false) return null;
  const list = Array.isArray(value) ? value : tableOf(value)?.packages;
  return Array.isArray(list) ? list.filter((glob) => typeof glob === 'string').slice(0, 200) : [];
}

const tableOf = (value: unknown): Readonly<Record<string, unknown>> | null =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : null;

/** The versions of `devEngines`, one entry or several of each kind, by the names of the tools. */
const devEnginesOf = (value: unknown): { readonly runtime: Texts; readonly packageManager: Texts } => ({
  runtime: versionsOf(tableOf(value)?.runtime),
  packageManager: versionsOf(tableOf(value)?.packageManager),
});

function versionsOf(asked: unknown): Texts {
  const versions: Record<string, string> = Object.create(null);
  for (const entry of Array.isArray(asked) ? asked.slice(0, 20) : [asked]) {
    const { name, version = '' } = textsOf(entry);
    if (name !== undefined) versions[name] ??= version;
  }
  return versions;
}

const Text = z.string().max(MAX_TEXT).nullable().catch(null).default(null);
const TextsField = z.unknown().default(null).transform(textsOf);

/** npm, pnpm, yarn and bun all live with fields of a wrong type that they do not need: so does this. */
const PackageJson = z.object({
  name: Text,
  version: Text,
  packageManager: Text,
  scripts: TextsField,
  dependencies: TextsField,
  devDependencies: TextsField,
  peerDependencies: TextsField,
  engines: TextsField,
  volta: TextsField,
  devEngines: z.unknown().default(null).transform(devEnginesOf),
  productName: Text,
  main: Text,
  module: Text,
  types: Text,
  /** Whether it is kept out of registries. */
  private: z.boolean().catch(false).default(false),
  /** Whether it says what others may import of it. */
  exports: z
    .unknown()
    .default(null)
    .transform((value) => value !== null),
  /** One program, or several by name; of several the first is the one that is named here. */
  bin: z.unknown().default(null).transform(firstText),
  /** The settings of electron-builder, if they are here; whatever else it may be. */
  build: z.unknown().default(null).transform(tableOf),
  /** The globs of a workspace's packages; null if this is no workspace. */
  workspaces: z.unknown().default(null).transform(globsOf),
});
export type PackageJson = z.infer<typeof PackageJson>;

/**
 * Reads a package.json.
 * @param path how messages call it.
 * @throws {DetectionFailure} `source_invalid` if it is not JSON (with line and column) or no object.
 */
export function parsePackageJson(text: string, path: string): PackageJson {
  const outcome = parseJson(text);
  if ('problem' in outcome)
    throw new DetectionFailure('source_invalid', `${quoted(path)} is not valid JSON: ${outcome.problem}.`);
  const { value } = outcome;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new DetectionFailure('source_invalid', `${quoted(path)} must contain a JSON object.`);
  }
  return PackageJson.parse(value);
}

/** Everything that the package depends on, development included, with the versions it asks for. */
export const allDependencies = (pkg: PackageJson): Texts =>
  Object.assign(Object.create(null), pkg.dependencies, pkg.devDependencies);

const VERSION = /^[0-9A-Za-z][0-9A-Za-z.+-]{0,99}$/;

/** A version that can stand in a file name, or null. */
export function versionText(text: string | null): string | null {
  const version = text?.trim() ?? '';
  return VERSION.test(version) ? version : null;
}

/** The package's version, if it has one that can stand in a file name. */
export const packageVersion = (pkg: PackageJson | null): string | null => versionText(pkg?.version ?? null);
