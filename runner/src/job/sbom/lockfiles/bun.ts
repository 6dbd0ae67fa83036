/** `bun.lock`, the text format of bun (https://bun.com/docs/pm/lockfile). */
import { type ParseError, parse } from 'jsonc-parser';
import { hashesOf } from '../integrity.ts';
import { identify, LockfileInvalid, type LockGraph, type LockNode, requireFew } from '../lock-graph.ts';
import { nearest } from './nested.ts';
import { entriesOf, namesOf, objectOf, textOf } from './values.ts';

export function readBun(text: string): LockGraph {
  const errors: ParseError[] = [];
  const lock = objectOf(parse(text, errors, { allowTrailingComma: true }));
  if (lock === null || errors.length > 0) throw new LockfileInvalid('it is not JSON');
  const entries = entriesOf(lock.packages);
  requireFew(entries.length);
  const known = new Set(entries.map(([place]) => place));
  const found = (from: string, names: readonly string[]) =>
    names.flatMap((name) => nearest(from, name, (candidate) => known.has(candidate), '') ?? []);
  const nodes = new Map<string, LockNode>();
  for (const [place, value] of entries) {
    const parts = Array.isArray(value) ? value : [];
    const { name, version } = /^(?<name>@?[^@]+)@(?<version>.+)$/s.exec(textOf(parts[0]) ?? '')?.groups ?? {};
    const about = parts.map(objectOf).find((part) => part !== null) ?? {};
    const isOwn = version?.startsWith('workspace:') === true;
    nodes.set(place, {
      id: isOwn ? null : identify(name, version),
      hashes: hashesOf(parts.at(-1)),
      needs: found(place, namesOf(about.dependencies, about.peerDependencies)),
      mayNeed: found(place, namesOf(about.optionalDependencies)),
    });
  }
  const workspaces = Object.values(objectOf(lock.workspaces) ?? {}).map((one) => objectOf(one) ?? {});
  const all = (...kinds: string[]) =>
    workspaces.flatMap((workspace) =>
      found(textOf(workspace.name) ?? '', namesOf(...kinds.map((kind) => workspace[kind]))),
    );
  const roots = {
    required: all('dependencies', 'peerDependencies'),
    optional: all('optionalDependencies'),
    excluded: all('devDependencies'),
  };
  return { ecosystem: 'npm', nodes, roots, hasEdges: true, isClosed: true };
}
