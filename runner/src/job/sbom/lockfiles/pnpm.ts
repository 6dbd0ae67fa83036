/** `pnpm-lock.yaml` of pnpm 3 to 11: its versions 5.x, 6.x and 9.0 (https://github.com/pnpm/spec). */
import { hashesOf } from '../integrity.ts';
import {
  identify,
  LockfileInvalid,
  type LockGraph,
  type LockNode,
  requireFew,
  type Scope,
} from '../lock-graph.ts';
import { entriesOf, objectOf, textOf } from './values.ts';
import { parseYaml } from './yaml.ts';

type Members = Readonly<Record<string, unknown>>;

export function readPnpm(text: string): LockGraph {
  const lock = objectOf(parseYaml(text));
  const major = Number.parseInt(textOf(lock?.lockfileVersion) ?? '', 10);
  if (lock === null || !(major >= 5 && major <= 9)) {
    throw new LockfileInvalid('it has no version that AppFlux knows (5 to 9)');
  }
  return major >= 9 ? readSnapshots(lock) : readPackages(lock, major);
}

/** Name and version of `/@s/a@1.0.0(b@2.0.0)`, or of `/@s/a/1.0.0_b@2.0.0` before version 6. */
function nameOf(key: string, major: number): LockNode['id'] {
  const bare = (key.split('(', 1)[0] ?? '').replace(/^\//, '');
  const separator = major < 6 ? '/' : '@';
  const at = major < 6 ? bare.lastIndexOf(separator) : bare.indexOf(separator, 1);
  if (at < 1) return null;
  const version = bare.slice(at + 1);
  return identify(bare.slice(0, at), major < 6 ? version.split('_', 1)[0] : version);
}

/** The key of what a dependency was resolved to: `1.0.0(peer)`, `/real@1.0.0`, `link:../x`; null for what is no package. */
function keyOf(name: string, resolved: unknown, major: number): string | null {
  const version = textOf(objectOf(resolved)?.version) ?? textOf(resolved);
  if (version === null || version.startsWith('link:')) return null;
  if (major >= 9) {
    // An alias names the package: `real@1.0.0`. So do tarballs and repositories, whose keys are URLs behind the name.
    const isAlias = /^@?[^@(]+@/.test(version) && !/^[a-z+]+:/i.test(version);
    return isAlias ? version : `${name}@${version}`;
  }
  if (version.startsWith('/')) return version;
  if (/^[^/(]+\.[^/(]+\//.test(version)) return version;
  return major < 6 ? `/${name}/${version}` : `/${name}@${version}`;
}

const keysOf = (dependencies: unknown, major: number): string[] =>
  entriesOf(dependencies).flatMap(([name, resolved]) => keyOf(name, resolved, major) ?? []);

/** What the project and its workspaces ask for. */
function rootsOf(lock: Members, major: number): NonNullable<LockGraph['roots']> {
  const importers = [
    lock,
    ...Object.values(objectOf(lock.importers) ?? {}).map((one) => objectOf(one) ?? {}),
  ];
  const all = (kind: string) => importers.flatMap((importer) => keysOf(importer[kind], major));
  return {
    required: all('dependencies'),
    optional: all('optionalDependencies'),
    excluded: all('devDependencies'),
  };
}

function readPackages(lock: Members, major: number): LockGraph {
  const entries = entriesOf(lock.packages);
  requireFew(entries.length);
  const nodes = new Map<string, LockNode>();
  for (const [key, value] of entries) {
    const entry = objectOf(value) ?? {};
    const own = textOf(entry.name);
    nodes.set(key, {
      id: own === null ? nameOf(key, major) : identify(own, entry.version),
      hashes: hashesOf(objectOf(entry.resolution)?.integrity),
      needs: keysOf(entry.dependencies, major),
      mayNeed: keysOf(entry.optionalDependencies, major),
      ...flagged(entry),
    });
  }
  return { ecosystem: 'npm', nodes, roots: rootsOf(lock, major), hasEdges: true, isClosed: true };
}

/** What is read as text by the failsafe schema. */
function flagged({ dev, optional }: Members): { scope?: Scope } {
  if (dev === 'true') return { scope: 'excluded' };
  if (optional === 'true') return { scope: 'optional' };
  return {};
}

/** Version 9: what a package is, and apart from it what it was resolved to with each set of peers. */
function readSnapshots(lock: Members): LockGraph {
  const entries = entriesOf(lock.snapshots);
  requireFew(entries.length);
  const packages = objectOf(lock.packages) ?? {};
  const nodes = new Map<string, LockNode>();
  for (const [key, value] of entries) {
    const entry = objectOf(value) ?? {};
    const bare = key.split('(', 1)[0] ?? '';
    const about = Object.hasOwn(packages, bare) ? (objectOf(packages[bare]) ?? {}) : {};
    const own = textOf(about.version);
    const id = nameOf(key, 9);
    nodes.set(key, {
      id: id !== null && own !== null ? identify(id.name, own) : id,
      hashes: hashesOf(objectOf(about.resolution)?.integrity),
      needs: keysOf(entry.dependencies, 9),
      mayNeed: keysOf(entry.optionalDependencies, 9),
    });
  }
  return { ecosystem: 'npm', nodes, roots: rootsOf(lock, 9), hasEdges: true, isClosed: true };
}
