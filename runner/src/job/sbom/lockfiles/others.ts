/** Lockfiles of other languages: `pubspec.lock`, `gradle.lockfile`, `Cargo.lock`. */
import { parse as parseToml } from 'smol-toml';
import { hexHash } from '../integrity.ts';
import { identify, LockfileInvalid, type LockGraph, type LockNode, requireFew } from '../lock-graph.ts';
import { entriesOf, objectOf, textOf } from './values.ts';
import { parseYaml } from './yaml.ts';

/** Dart and Flutter (https://dart.dev/tools/pub/glossary#lockfile). It doesn't say what needs what. */
export function readPub(text: string): LockGraph {
  const entries = entriesOf(objectOf(parseYaml(text))?.packages);
  requireFew(entries.length);
  const nodes = new Map<string, LockNode>();
  for (const [name, value] of entries) {
    const entry = objectOf(value) ?? {};
    // Packages of the SDK and of the project itself have no version of their own.
    const isPackage = entry.source === 'hosted' || entry.source === 'git';
    nodes.set(name, {
      id: isPackage ? identify(name, entry.version) : null,
      hashes: hexHash('SHA-256', objectOf(entry.description)?.sha256),
      needs: [],
      mayNeed: [],
      ...(entry.dependency === 'direct dev' ? { scope: 'excluded' } : {}),
      ...(entry.dependency === 'direct main' ? { scope: 'required' } : {}),
    });
  }
  return { ecosystem: 'pub', nodes, roots: null, hasEdges: false, isClosed: false };
}

/** Gradle (https://docs.gradle.org/current/userguide/dependency_locking.html): a module and its configurations per line. */
export function readGradle(text: string): LockGraph {
  const nodes = new Map<string, LockNode>();
  for (const line of text.split(/\r?\n/)) {
    const { module, version, used } =
      /^(?<module>[^:=#\s]+:[^:=\s]+):(?<version>[^:=\s]+)=(?<used>.*)$/.exec(line)?.groups ?? {};
    if (module === undefined || version === undefined) continue;
    const configurations = (used ?? '').split(',').filter((name) => name !== '');
    const isRuntime = configurations.some((name) => /runtimeClasspath$/i.test(name) && !/test/i.test(name));
    nodes.set(line, {
      id: identify(module, version),
      hashes: [],
      needs: [],
      mayNeed: [],
      scope: isRuntime ? 'required' : 'excluded',
    });
    requireFew(nodes.size);
  }
  return { ecosystem: 'maven', nodes, roots: null, hasEdges: false, isClosed: false };
}

/** Rust (https://doc.rust-lang.org/cargo/guide/cargo-toml-vs-cargo-lock.html), versions 1 to 4. */
export function readCargo(text: string): LockGraph {
  const lock = objectOf(parseToml(text));
  const packages = lock?.package;
  if (!Array.isArray(packages)) throw new LockfileInvalid('it lists no packages');
  requireFew(packages.length);
  const checksums = objectOf(lock?.metadata) ?? {};
  const entries = packages.map((one) => objectOf(one) ?? {});
  const nodes = new Map<string, LockNode>();
  const byName = new Map<string, string[]>();
  const keyOf = ({ name, version }: Readonly<Record<string, unknown>>) => `${name} ${version}`;
  for (const entry of entries) {
    const keys = byName.get(String(entry.name)) ?? [];
    byName.set(String(entry.name), [...keys, keyOf(entry)]);
  }
  // `a` if there is only one, else `a 1.0.0`, else `a 1.0.0 (source)`.
  const resolved = (dependency: unknown) => {
    const [name = '', version] = (textOf(dependency) ?? '').split(' ');
    return version === undefined ? (byName.get(name) ?? []).slice(0, 1) : [`${name} ${version}`];
  };
  const roots: string[] = [];
  for (const entry of entries) {
    const key = keyOf(entry);
    const isOwn = entry.source === undefined;
    const checksum = entry.checksum ?? checksums[`checksum ${key} (${entry.source})`];
    const needs = Array.isArray(entry.dependencies) ? entry.dependencies.flatMap(resolved) : [];
    if (isOwn) roots.push(...needs);
    nodes.set(key, {
      id: isOwn ? null : identify(entry.name, entry.version),
      hashes: hexHash('SHA-256', checksum),
      needs,
      mayNeed: [],
    });
  }
  // It doesn't say which are for development.
  return {
    ecosystem: 'cargo',
    nodes,
    roots: { required: roots, optional: [], excluded: [] },
    hasEdges: true,
    isClosed: false,
  };
}
