/** Metadata in several D1 databases, copied as if it were in one. */
import type { Collection, Copied, Copyable } from './copy.ts';

/** What each database has of its teams; everything else is in the directory. */
const OF_TEAMS: ReadonlySet<Collection> = new Set<Collection>([
  'deployments',
  'expoUpdates',
  'releaseDetails',
  'uploads',
  'audit',
  'idempotencyKeys',
  'downloads',
  'artifactDownloads',
  'buildDays',
]);

/**
 * Several databases as one. What is read comes from all of them. What is written goes to the directory, as in an instance
 * that had only one: its teams stay there, and new ones are assigned.
 */
export function shardedCopyable(directory: Copyable, others: readonly Copyable[]): Copyable {
  const holders = (collection: Collection) =>
    OF_TEAMS.has(collection) ? [directory, ...others] : [directory];

  return {
    async page(collection, after, limit) {
      const pages: Copied[][] = [];
      for (const database of holders(collection)) pages.push(await database.page(collection, after, limit));
      return pages
        .flat()
        .sort((one, other) => inOrder(one.id, other.id))
        .slice(0, limit);
    },

    put: (collection, records) => directory.put(collection, records),

    async last(collection) {
      const keys: string[] = [];
      for (const database of holders(collection)) {
        const key = await database.last(collection);
        if (key !== null) keys.push(key);
      }
      return keys.sort(inOrder).at(-1) ?? null;
    },
  };
}

/** The order of SQLite's text: by the bytes of UTF-8. */
const inOrder = (one: string, other: string): number => Buffer.compare(Buffer.from(one), Buffer.from(other));
