/** `yarn.lock`: of yarn 1 in a format of its own, of later ones in YAML. What is for development is in package.json. */
import { hashesOf, hexHash } from '../integrity.ts';
import {
  identify,
  LockfileInvalid,
  type LockGraph,
  type LockNode,
  type Roots,
  requireFew,
} from '../lock-graph.ts';
import { entriesOf, objectOf, textOf } from './values.ts';
import { parseYaml } from './yaml.ts';

/** Takes the lockfile, and the package.json beside it if there is one. */
export function readYarn(text: string, manifest: string | null): LockGraph {
  const isClassic = /^# yarn lockfile v1\s*$/m.test(text.slice(0, 1000));
  const { nodes, keyOf } = isClassic ? readClassic(text) : readBerry(text);
  const { roots, isClosed } = rootsOf(manifest, keyOf);
  return { ecosystem: 'npm', nodes, roots, hasEdges: true, isClosed };
}

interface Read {
  readonly nodes: Map<string, LockNode>;
  /** The key of what a name was resolved to for a range. */
  readonly keyOf: (name: string, range: string) => string | null;
}

/** With workspaces, what the project's own package.json doesn't ask for may be needed by another. */
function rootsOf(text: string | null, keyOf: Read['keyOf']): { roots: Roots | null; isClosed: boolean } {
  const manifest = text === null ? null : objectOf(parseJson(text));
  if (manifest === null) return { roots: null, isClosed: false };
  const keysIn = (dependencies: unknown) =>
    entriesOf(dependencies).flatMap(([name, range]) => keyOf(name, textOf(range) ?? '') ?? []);
  const roots = {
    required: keysIn(manifest.dependencies),
    optional: keysIn(manifest.optionalDependencies),
    excluded: keysIn(manifest.devDependencies),
  };
  return { roots, isClosed: manifest.workspaces === undefined };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Whether it can be read at all is said elsewhere: detection reads the same file.
    return null;
  }
}

/** Name and range of `@s/a@^1.0.0`; an alias is `a@npm:real@^1.0.0`. */
function descriptor(text: string): { name: string; range: string } | null {
  const at = text.indexOf('@', 1);
  return at === -1 ? null : { name: text.slice(0, at), range: text.slice(at + 1) };
}

/** The name of the package: an alias names it in its range. */
function realName({ name, range }: { name: string; range: string }): string {
  const aliased = /^npm:(@?[^@]+)@/.exec(range);
  return aliased?.[1] ?? name;
}

/** An entry of yarn 1 while it is read. */
interface ClassicEntry {
  descriptors: string[];
  members: Map<string, string>;
  needs: [string, string][];
  mayNeed: [string, string][];
}

function readClassic(text: string): Read {
  const entries = classicEntries(text);
  const places = new Map<string, string>();
  for (const { descriptors } of entries) {
    for (const one of descriptors) places.set(one, descriptors[0] ?? one);
  }
  const keyOf = (name: string, range: string) => places.get(`${name}@${range}`) ?? null;
  const keysOf = (list: readonly [string, string][]) =>
    list.flatMap(([name, range]) => keyOf(name, range) ?? []);
  const nodes = new Map<string, LockNode>();
  for (const { descriptors, members, needs, mayNeed } of entries) {
    const first = descriptor(descriptors[0] ?? '');
    const integrity = hashesOf(members.get('integrity'));
    nodes.set(descriptors[0] ?? '', {
      id: first && identify(realName(first), members.get('version')),
      hashes: integrity.length > 0 ? integrity : hexHash('SHA-1', members.get('resolved')?.split('#').at(-1)),
      needs: keysOf(needs),
      mayNeed: keysOf(mayNeed),
    });
  }
  return { nodes, keyOf };
}

/** Reads it line by line: what is indented belongs to what stands before it. */
function classicEntries(text: string): ClassicEntry[] {
  const entries: ClassicEntry[] = [];
  let list: [string, string][] | null = null;
  for (const line of text.split(/\r?\n/)) {
    if (line.trim() === '' || line.startsWith('#')) continue;
    const current = entries.at(-1);
    if (!line.startsWith(' ')) {
      const descriptors = wordsOf(line.replace(/:\s*$/, ''), /,\s*/);
      entries.push({ descriptors, members: new Map(), needs: [], mayNeed: [] });
      requireFew(entries.length);
      list = null;
    } else if (current === undefined) {
      throw new LockfileInvalid('it begins with an indented line');
    } else if (line.startsWith('    ')) {
      const [name, range] = wordsOf(line.trim(), /\s+/);
      if (name !== undefined && range !== undefined) list?.push([name, range]);
    } else if (line.trimEnd().endsWith(':')) {
      const title = line.trim();
      if (title === 'dependencies:') list = current.needs;
      else list = title === 'optionalDependencies:' ? current.mayNeed : null;
    } else {
      const [member, value] = wordsOf(line.trim(), /\s+/);
      if (member !== undefined && value !== undefined) current.members.set(member, value);
    }
  }
  return entries;
}

/** Words that may be in quotes, between separators. */
function wordsOf(text: string, separator: RegExp): string[] {
  const words: string[] = [];
  for (let rest = text; rest !== ''; ) {
    const quoted = /^"((?:[^"\\]|\\.)*)"/.exec(rest);
    const length = quoted?.[0].length ?? rest.search(separator);
    words.push(quoted?.[1] ?? (length === -1 ? rest : rest.slice(0, length)));
    if (length === -1) break;
    rest = rest.slice(length).replace(new RegExp(`^(?:${separator.source})`), '');
  }
  return words;
}

function readBerry(text: string): Read {
  const lock = objectOf(parseYaml(text));
  if (lock === null || objectOf(lock.__metadata) === null) {
    throw new LockfileInvalid('it is neither of yarn 1 nor of a later one');
  }
  const entries = Object.entries(lock).filter(([key]) => key !== '__metadata');
  requireFew(entries.length);
  const places = new Map<string, string>();
  for (const [key] of entries) for (const one of key.split(', ')) places.set(one, key);
  // A range without a protocol is one of npm's.
  const keyOf = (name: string, range: string) =>
    places.get(`${name}@${range}`) ?? places.get(`${name}@npm:${range}`) ?? null;
  const nodes = new Map<string, LockNode>();
  for (const [key, value] of entries) {
    const entry = objectOf(value) ?? {};
    const optional = objectOf(entry.dependenciesMeta) ?? {};
    const keysOf = (wanted: boolean) =>
      entriesOf(entry.dependencies)
        .filter(([name]) => (objectOf(optional[name])?.optional === 'true') === wanted)
        .flatMap(([name, range]) => keyOf(name, textOf(range) ?? '') ?? []);
    const resolution = descriptor(textOf(entry.resolution) ?? '');
    const isOwn = resolution === null || resolution.range.startsWith('workspace:');
    nodes.set(key, {
      id: isOwn ? null : identify(resolution.name, entry.version),
      // Its checksum is of the archive in yarn's cache, which nobody else has.
      hashes: [],
      needs: keysOf(false),
      mayNeed: keysOf(true),
    });
  }
  return { nodes, keyOf };
}
