/** What a lockfile says, whatever its format: packages, and which of them needs which. All of it is pure. */

export type Ecosystem = 'npm' | 'pub' | 'maven' | 'cargo';

/** CycloneDX's words: needed at run time, only if it can be installed, or only to build and test. */
export type Scope = 'required' | 'optional' | 'excluded';

export interface PackageHash {
  readonly algorithm: 'SHA-1' | 'SHA-256' | 'SHA-384' | 'SHA-512';
  /** In lower-case hex. */
  readonly content: string;
}

/** A package at one place of a lockfile. */
export interface LockNode {
  /** Null for a part of the project itself: a workspace, a crate. */
  readonly id: { readonly name: string; readonly version: string | null } | null;
  readonly hashes: readonly PackageHash[];
  /** Keys of the nodes that it needs. One that isn't there is ignored. */
  readonly needs: readonly string[];
  /** Keys of those that it can do without. */
  readonly mayNeed: readonly string[];
  /** If the lockfile says so itself. */
  readonly scope?: Scope;
}

/** What the project itself asks for: keys of nodes. */
export interface Roots {
  readonly required: readonly string[];
  readonly optional: readonly string[];
  readonly excluded: readonly string[];
}

export interface LockGraph {
  readonly ecosystem: Ecosystem;
  readonly nodes: ReadonlyMap<string, LockNode>;
  /** Null if the lockfile, and what is read beside it, doesn't say. */
  readonly roots: Roots | null;
  /** Whether it says what needs what. */
  readonly hasEdges: boolean;
  /** Whether a package that none of the roots needs is known to be for development. */
  readonly isClosed: boolean;
}

/** A lockfile that can't be read. The message says why, without quoting it. */
export class LockfileInvalid extends Error {
  override readonly name = 'LockfileInvalid';
}

/** More packages than any project has. */
export const MAX_NODES = 50_000;

/** Throws LockfileInvalid if a lockfile has too many packages. */
export function requireFew(count: number): void {
  if (count > MAX_NODES) throw new LockfileInvalid(`it has more than ${MAX_NODES} packages`);
}

/** A name or version that a package can have: visible, short, without spaces. */
const PLAIN = /^[^\s\p{Cc}\p{Cf}\p{Cs}]{1,214}$/u;

/** What a package is called; null for what no package is called. A version that is a URL becomes the commit in it. */
export function identify(name: unknown, version: unknown): LockNode['id'] {
  if (typeof name !== 'string' || !PLAIN.test(name)) return null;
  return { name, version: typeof version === 'string' ? plainVersion(version) : null };
}

/** Never a URL: it could hold a password. */
function plainVersion(version: string): string | null {
  if (/^[a-z+]+:/i.test(version) || version.includes('/')) {
    return /(?:^|[^0-9a-f])([0-9a-f]{40})(?:$|[^0-9a-f])/.exec(version)?.[1] ?? null;
  }
  return PLAIN.test(version) ? version : null;
}

/** The scope of each node: as the lockfile says, or by what reaches it from the roots. Absent where nothing says it. */
export function scopesOf({ nodes, roots, isClosed }: LockGraph): Map<string, Scope> {
  const scopes = new Map<string, Scope>();
  for (const [key, { scope }] of nodes) if (scope !== undefined) scopes.set(key, scope);
  if (roots === null) return scopes;
  const required = reached(nodes, roots.required, ({ needs }) => needs);
  const installed = reached(nodes, [...roots.required, ...roots.optional], ({ needs, mayNeed }) => [
    ...needs,
    ...mayNeed,
  ]);
  for (const key of nodes.keys()) {
    if (scopes.has(key)) continue;
    if (required.has(key)) scopes.set(key, 'required');
    else if (installed.has(key)) scopes.set(key, 'optional');
    else if (isClosed) scopes.set(key, 'excluded');
  }
  return scopes;
}

/** All nodes that can be reached, however deep and in whatever circles. */
function reached(
  nodes: ReadonlyMap<string, LockNode>,
  from: readonly string[],
  next: (node: LockNode) => readonly string[],
): Set<string> {
  const seen = new Set<string>();
  const open = [...from];
  for (let key = open.pop(); key !== undefined; key = open.pop()) {
    const node = nodes.get(key);
    if (node === undefined || seen.has(key)) continue;
    seen.add(key);
    for (const needed of next(node)) if (!seen.has(needed)) open.push(needed);
  }
  return seen;
}
