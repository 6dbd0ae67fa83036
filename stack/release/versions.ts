/** The version that all packages of the checkout have in common. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { StackProblem } from '../problem.ts';

const LOCKFILE = 'package-lock.json';

/** semver.org §2, §9: without build metadata (§10), which npm drops. */
const NUMBER = '(?:0|[1-9]\\d*)';
const PRERELEASE = `(?:${NUMBER}|\\d*[A-Za-z-][0-9A-Za-z-]*)`;
const VERSION = new RegExp(`^${NUMBER}\\.${NUMBER}\\.${NUMBER}(?:-${PRERELEASE}(?:\\.${PRERELEASE})*)?$`);

const Root = z.looseObject({ workspaces: z.array(z.string()) });
const Versions = z.record(z.string(), z.string()).optional();
const Manifest = z.looseObject({
  name: z.string().optional(),
  version: z.string(),
  dependencies: Versions,
  devDependencies: Versions,
  peerDependencies: Versions,
  optionalDependencies: Versions,
});
type Manifest = z.infer<typeof Manifest>;
const Lockfile = z.looseObject({ version: z.string(), packages: z.record(z.string(), z.unknown()) });

/** Whether this is a version that npm keeps as it is written: MAJOR.MINOR.PATCH, with a prerelease or without. */
export const isVersion = (text: string): boolean => VERSION.test(text);

/** Whether a changelog has an entry for a version: a heading `## VERSION`, maybe with a date, and text below it. */
export function hasEntry(changelog: string, version: string): boolean {
  const sections = changelog.split(/^## /m).slice(1);
  const entry = sections.find((section) => section.split(/\s/)[0] === version);
  const lines = entry?.split('\n').slice(1) ?? [];
  return lines.some((line) => /^[^#\s]/.test(line));
}

/** The dependencies of a manifest, by the kinds of them, as far as they are packages of the checkout. */
function* ownDependencies(manifest: Manifest, own: ReadonlySet<string>) {
  const { dependencies, devDependencies, peerDependencies, optionalDependencies } = manifest;
  for (const kind of [dependencies, devDependencies, peerDependencies, optionalDependencies]) {
    for (const name of Object.keys(kind ?? {})) if (kind && own.has(name)) yield { kind, name };
  }
}

function setVersion(manifest: Manifest, own: ReadonlySet<string>, version: string): void {
  manifest.version = version;
  for (const { kind, name } of ownDependencies(manifest, own)) kind[name] = version;
}

/** The value itself, once it matches: what zod returns has its members in another order, and would be written so. */
function checked<Schema extends z.ZodType>(schema: Schema, value: unknown): z.infer<Schema> {
  schema.parse(value);
  return value as z.infer<Schema>;
}

interface Packages {
  /** The manifests by their paths in the checkout, the root's first. */
  readonly manifests: ReadonlyMap<string, Manifest>;
  readonly lockfile: z.infer<typeof Lockfile>;
  /** What the lockfile says of the packages of the checkout. */
  readonly locked: readonly Manifest[];
  /** The names of the packages. */
  readonly own: ReadonlySet<string>;
}

async function readPackages(root: string): Promise<Packages> {
  const read = async (path: string): Promise<unknown> => JSON.parse(await readFile(join(root, path), 'utf8'));
  const { workspaces } = Root.parse(await read('package.json'));
  const manifests = new Map<string, Manifest>();
  for (const folder of ['', ...workspaces]) {
    const path = join(folder, 'package.json');
    manifests.set(path, checked(Manifest, await read(path)));
  }
  const lockfile = checked(Lockfile, await read(LOCKFILE));
  const locked = ['', ...workspaces].map((folder) => {
    return checked(Manifest, lockfile.packages[folder]);
  });
  const own = new Set([...manifests.values()].flatMap(({ name }) => name ?? []));
  return { manifests, lockfile, locked, own };
}

/**
 * Sets the version of all packages of a checkout, in their mutual dependencies and the lockfile too. Returns the files
 * that changed, by their paths in the checkout.
 * @throws StackProblem `arguments_invalid` if it is no version, or CHANGELOG.md has no entry for it
 */
export async function setVersions(root: string, version: string): Promise<string[]> {
  if (!isVersion(version)) {
    const problem = `${JSON.stringify(version)} is not a version`;
    throw new StackProblem(
      'arguments_invalid',
      problem,
      'write MAJOR.MINOR.PATCH, such as 1.4.0 or 1.4.0-rc.1',
    );
  }
  if (!hasEntry(await readFile(join(root, 'CHANGELOG.md'), 'utf8'), version)) {
    const problem = `CHANGELOG.md has no entry for ${version}`;
    throw new StackProblem(
      'arguments_invalid',
      problem,
      `describe the changes below a heading "## ${version}"`,
    );
  }
  const { manifests, lockfile, locked, own } = await readPackages(root);
  for (const manifest of [...manifests.values(), ...locked]) setVersion(manifest, own, version);
  lockfile.version = version;
  const changed: string[] = [];
  for (const [path, content] of [...manifests, [LOCKFILE, lockfile] as const]) {
    // The form in which npm writes these files.
    const text = `${JSON.stringify(content, null, 2)}\n`;
    if (text === (await readFile(join(root, path), 'utf8'))) continue;
    await writeFile(join(root, path), text);
    changed.push(path);
  }
  return changed;
}

/** Finds packages, dependencies between them and entries of the lockfile with another version than the root's. */
export async function checkVersions(root: string): Promise<string[]> {
  const { manifests, lockfile, locked, own } = await readPackages(root);
  const version = manifests.get('package.json')?.version;
  const lines: string[] = [];
  const compare = (where: string, what: string, found: string | undefined) => {
    if (found !== version)
      lines.push(`${where}: ${what} is ${found}, not ${version}; use npm run version:set`);
  };
  compare(LOCKFILE, 'the version', lockfile.version);
  const all = [...manifests, ...locked.map((entry) => [LOCKFILE, entry] as const)];
  for (const [where, manifest] of all) {
    compare(where, `the version of ${manifest.name ?? 'a package'}`, manifest.version);
    for (const { kind, name } of ownDependencies(manifest, own)) compare(where, `its ${name}`, kind[name]);
  }
  return lines;
}
