/** `package-lock.json` and `npm-shrinkwrap.json` (https://docs.npmjs.com/cli/v11/configuring-npm/package-lock-json). */
import { hashesOf } from '../integrity.ts';
import {
  identify,
  LockfileInvalid,
  type LockGraph,
  type LockNode,
  requireFew,
  type Scope,
} from '../lock-graph.ts';
import { nearest } from './nested.ts';
import { entriesOf, namesOf, objectOf, textOf } from './values.ts';

const FOLDER = 'node_modules/';

/** Versions 1, 2 and 3. Version 2 has both forms; the newer one says more. */
export function readNpm(text: string): LockGraph {
  const lock = objectOf(JSON.parse(text));
  if (lock === null) throw new LockfileInvalid('it is not an object');
  if (objectOf(lock.packages) !== null) return readPackages(lock.packages);
  return readDependencies(lock.dependencies);
}

const scopeOf = ({ dev, optional, devOptional }: Readonly<Record<string, unknown>>): Scope => {
  if (dev === true) return 'excluded';
  return optional === true || devOptional === true ? 'optional' : 'required';
};

/** Versions 2 and 3: by the folder that each is installed in. */
function readPackages(packages: unknown): LockGraph {
  const entries = entriesOf(packages);
  requireFew(entries.length);
  const known = new Map(entries.map(([place, value]) => [place, objectOf(value) ?? {}]));
  const nodes = new Map<string, LockNode>();
  const found = (place: string, names: readonly string[]) =>
    names.flatMap((name) => {
      const at = nearest(place, name, (candidate) => known.has(candidate), FOLDER);
      if (at === null) return [];
      const entry = known.get(at);
      return entry?.link === true ? [textOf(entry.resolved) ?? at] : [at];
    });
  for (const [place, entry] of known) {
    if (place === '' || entry.link === true) continue;
    const isInstalled = place.startsWith(FOLDER) || place.includes(`/${FOLDER}`);
    const name = textOf(entry.name) ?? place.slice(place.lastIndexOf(FOLDER) + FOLDER.length);
    // Without dependencies for development: those of others are not installed.
    const needs = found(place, namesOf(entry.dependencies, entry.peerDependencies));
    nodes.set(place, {
      id: isInstalled ? identify(name, entry.version) : null,
      hashes: hashesOf(entry.integrity),
      needs: isInstalled ? needs : [...needs, ...found(place, namesOf(entry.devDependencies))],
      mayNeed: found(place, namesOf(entry.optionalDependencies)),
      scope: scopeOf(entry),
    });
  }
  const root = known.get('') ?? {};
  const roots = {
    required: found('', namesOf(root.dependencies, root.peerDependencies)),
    optional: found('', namesOf(root.optionalDependencies)),
    excluded: found('', namesOf(root.devDependencies)),
  };
  return { ecosystem: 'npm', nodes, roots, hasEdges: true, isClosed: true };
}

/** Deeper than npm nests: a path of so many packages is longer than file systems allow. */
const MAX_DEPTH = 200;

/** Version 1: nested as they are installed. It doesn't say what the project itself asks for. */
function readDependencies(dependencies: unknown): LockGraph {
  const known = new Map<string, Readonly<Record<string, unknown>>>();
  const open: { place: string; depth: number; value: unknown }[] = [
    { place: '', depth: 0, value: dependencies },
  ];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { place, depth, value } = next;
    if (depth > MAX_DEPTH) throw new LockfileInvalid('its packages are nested too deeply');
    for (const [name, found] of entriesOf(value)) {
      const entry = objectOf(found);
      if (entry === null) continue;
      const at = place === '' ? FOLDER + name : `${place}/${FOLDER}${name}`;
      known.set(at, entry);
      requireFew(known.size);
      if (entry.dependencies !== undefined)
        open.push({ place: at, depth: depth + 1, value: entry.dependencies });
    }
  }
  const nodes = new Map<string, LockNode>();
  for (const [place, entry] of known) {
    const name = place.slice(place.lastIndexOf(FOLDER) + FOLDER.length);
    const alias = /^npm:(.+)@([^@]+)$/.exec(textOf(entry.version) ?? '');
    nodes.set(place, {
      id: alias === null ? identify(name, entry.version) : identify(alias[1], alias[2]),
      hashes: hashesOf(entry.integrity),
      needs: namesOf(entry.requires).flatMap(
        (needed) => nearest(place, needed, (candidate) => known.has(candidate), FOLDER) ?? [],
      ),
      mayNeed: [],
      scope: scopeOf(entry),
    });
  }
  return { ecosystem: 'npm', nodes, roots: null, hasEdges: true, isClosed: true };
}
