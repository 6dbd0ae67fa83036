/** The part of a lockfile that some workspaces need at run time. Pure. */
import { z } from 'zod';

const Dependencies = z.record(z.string(), z.string()).default({});

/** An entry of `packages` (package-lock.json(5)), as far as it matters here. */
const Entry = z.looseObject({
  resolved: z.string().optional(),
  link: z.boolean().optional(),
  dependencies: Dependencies,
  optionalDependencies: Dependencies,
  peerDependencies: Dependencies,
  peerDependenciesMeta: z.record(z.string(), z.looseObject({ optional: z.boolean().optional() })).default({}),
});
const Lockfile = z.looseObject({ lockfileVersion: z.literal(3), packages: z.record(z.string(), Entry) });

/** A package.json, as far as it is written here. */
export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly [member: string]: unknown;
}

/**
 * The lockfile of a package whose workspaces have these manifests, by their folders: the same versions at the same places,
 * without what none of them needs.
 * @param text the whole lockfile
 * @param top the manifest of the package itself
 * @throws {Error} if the lockfile lacks a dependency
 */
export function prunedLockfile(
  text: string,
  top: Manifest,
  workspaces: ReadonlyMap<string, Manifest>,
): string {
  const whole = Lockfile.parse(JSON.parse(text)).packages;
  const raw: Record<string, object> = JSON.parse(text).packages;
  const kept = new Map<string, object>([['', top]]);

  const need = (from: string, name: string, isOptional: boolean) => {
    const place = placeOf(whole, from, name);
    if (place === null) {
      if (isOptional) return;
      throw new Error(`package-lock.json has no ${name}, which ${from || 'the package'} needs`);
    }
    if (kept.has(place)) return;
    const entry = whole[place];
    kept.set(place, raw[place] ?? {});
    if (entry?.link === true && entry.resolved !== undefined) keepWorkspace(entry.resolved);
    else if (entry !== undefined) follow(place, entry);
  };
  const follow = (
    place: string,
    { dependencies, optionalDependencies, peerDependencies, peerDependenciesMeta }: z.infer<typeof Entry>,
  ) => {
    for (const name of Object.keys(optionalDependencies)) need(place, name, true);
    for (const name of Object.keys(dependencies)) need(place, name, name in optionalDependencies);
    for (const name of Object.keys(peerDependencies))
      need(place, name, peerDependenciesMeta[name]?.optional === true);
  };
  const keepWorkspace = (folder: string) => {
    if (kept.has(folder)) return;
    const manifest = workspaces.get(folder);
    if (manifest === undefined) throw new Error(`The package needs the workspace ${folder}, which it lacks`);
    kept.set(folder, manifest);
    kept.set(`node_modules/${manifest.name}`, { resolved: folder, link: true });
    follow(folder, Entry.parse(manifest));
  };

  for (const folder of workspaces.keys()) keepWorkspace(folder);
  follow('', Entry.parse(top));
  const packages = Object.fromEntries([...kept].sort(([a], [b]) => (a < b ? -1 : 1)));
  const { name, version } = top;
  return `${JSON.stringify({ name, version, lockfileVersion: 3, requires: true, packages }, null, 2)}\n`;
}

/** Where Node finds a package from a place: in the nearest node_modules above it. */
function placeOf(packages: Readonly<Record<string, unknown>>, from: string, name: string): string | null {
  for (let at = from; ; at = above(at)) {
    const place = `${at === '' ? '' : `${at}/`}node_modules/${name}`;
    if (place in packages) return place;
    if (at === '') return null;
  }
}

/** The folder above a place that may have packages. */
function above(place: string): string {
  const cut = place.lastIndexOf('/node_modules/');
  return cut === -1 ? '' : place.slice(0, cut);
}
