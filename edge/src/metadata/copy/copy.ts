/**
 * Moving an instance's metadata from one backend to the other, record by record in the order of their keys. Nothing
 * may write meanwhile. A copy that broke off goes on behind the last record that arrived; what counts in the end is
 * that both backends hold the same, by number and by digest.
 */
import { createHash } from 'node:crypto';

/** What is copied, in this order: the instance's owner is one of its users. */
export const COLLECTIONS = [
  'apps',
  'appFiles',
  'favourites',
  'deployments',
  'siteAliases',
  'domains',
  'expoUpdates',
  'expoSigningKeys',
  'sourceCredentials',
  'hooks',
  'githubApps',
  'githubInstallations',
  'releaseDetails',
  'uploads',
  'runners',
  'tokens',
  'users',
  'owner',
  'members',
  'teamSettings',
  'audit',
  'refreshTokens',
  'secrets',
  'webhookSecrets',
  'idempotencyKeys',
  'downloads',
  'artifactDownloads',
  'buildDays',
] as const;
export type Collection = (typeof COLLECTIONS)[number];

/** A record as it is copied: the same in every backend, with a key that is unique in its collection. */
export type Copied = Record<string, unknown> & { id: string };

/** A backend whose records can be read and written as they are. */
export interface Copyable {
  /** At most `limit` records by ascending key, those after `after`. */
  page(collection: Collection, after: string | null, limit: number): Promise<Copied[]>;
  /** Writes records, in the place of those with the same keys. */
  put(collection: Collection, records: readonly Copied[]): Promise<void>;
  /** The greatest key there is, or null. */
  last(collection: Collection): Promise<string | null>;
}

/** How many records are read and written at a time. */
const PAGE = 200;

export interface Digest {
  count: number;
  /** SHA-256, in hex, of the records' canonical JSON, a line each, by ascending key. */
  sha256: string;
}

/** Number and digest of what a backend holds of a collection. */
export async function digestOf(backend: Copyable, collection: Collection): Promise<Digest> {
  const hash = createHash('sha256');
  let count = 0;
  for await (const page of pages(backend, collection, null)) {
    for (const record of page) hash.update(`${canonical(record)}\n`);
    count += page.length;
  }
  return { count, sha256: hash.digest('hex') };
}

/** JSON with sorted members and without those that are null: a column that is empty and a member that is absent are one. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  const members = Object.entries(value)
    .filter(([, member]) => member !== null && member !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, member]) => `${JSON.stringify(name)}:${canonical(member)}`);
  return `{${members.join(',')}}`;
}

export interface CopiedCollection {
  collection: Collection;
  from: Digest;
  to: Digest;
}

/** Copies a collection; gives what both backends hold of it then. */
export async function copyCollection(
  from: Copyable,
  to: Copyable,
  collection: Collection,
): Promise<CopiedCollection> {
  const source = await digestOf(from, collection);
  await copyAfter(from, to, collection, await to.last(collection));
  let target = await digestOf(to, collection);
  if (target.sha256 !== source.sha256) {
    // What an earlier copy has left behind is older than what there is now.
    await copyAfter(from, to, collection, null);
    target = await digestOf(to, collection);
  }
  return { collection, from: source, to: target };
}

async function copyAfter(
  from: Copyable,
  to: Copyable,
  collection: Collection,
  after: string | null,
): Promise<void> {
  for await (const page of pages(from, collection, after)) await to.put(collection, page);
}

async function* pages(
  backend: Copyable,
  collection: Collection,
  from: string | null,
): AsyncGenerator<Copied[]> {
  let after = from;
  for (;;) {
    const page = await backend.page(collection, after, PAGE);
    const last = page.at(-1);
    if (last === undefined) return;
    yield page;
    after = last.id;
  }
}
