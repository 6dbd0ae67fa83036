/** Which entry a build starts with, and which entries are evicted. Pure. */
import { type FoundEntry, layersOf } from './entry.ts';

/** The scope of production; previews read it, and never write it. */
export const PRODUCTION = 'production';

/** Whose cache a build writes: production's, its branch's, or that of previews without a branch. */
export function scopeOf(environment: 'production' | 'preview', branch: string | null): string {
  if (environment === 'production') return PRODUCTION;
  return branch === null ? 'preview' : `branch ${branch}`;
}

export interface Wanted {
  readonly scope: string;
  readonly image: string;
  readonly key: string;
}

/**
 * The entry to begin with: one with the same key, else the newest state of things; of its own scope first, then of
 * production. Null when neither has one.
 */
export function chooseEntry(
  entries: readonly FoundEntry[],
  { scope, image, key }: Wanted,
): FoundEntry | null {
  const of = (wanted: string) => entries.find((entry) => entry.scope === wanted && entry.image === image);
  const candidates = [of(scope), of(PRODUCTION)].filter((entry) => entry !== undefined);
  return candidates.find((entry) => entry.key === key) ?? candidates[0] ?? null;
}

/** An entry, and the app that it belongs to. */
export interface OwnedEntry {
  readonly appId: string;
  readonly entry: FoundEntry;
}

/**
 * The entries to remove so that the layers of those that stay have at most `limitBytes`: the least recently used
 * first. A layer that several entries of an app share counts once.
 */
export function entriesToEvict(all: readonly OwnedEntry[], limitBytes: number): OwnedEntry[] {
  const newestFirst = [...all].sort((a, b) => b.entry.usedAt - a.entry.usedAt);
  const kept = new Set<string>();
  const evicted: OwnedEntry[] = [];
  let total = 0;
  for (const owned of newestFirst) {
    const added = layersOf(owned.entry).filter(({ id }) => !kept.has(`${owned.appId}/${id}`));
    const bytes = added.reduce((sum, layer) => sum + layer.bytes, 0);
    if (total + bytes > limitBytes) {
      evicted.push(owned);
      continue;
    }
    total += bytes;
    for (const { id } of added) kept.add(`${owned.appId}/${id}`);
  }
  return evicted;
}

/** The layers that neither an entry nor a running build needs. */
export function unusedLayers(
  layers: readonly string[],
  entries: readonly Pick<FoundEntry, 'layers' | 'installed'>[],
  leased: ReadonlySet<string>,
): string[] {
  const needed = new Set(entries.flatMap((entry) => layersOf(entry).map(({ id }) => id)));
  return layers.filter((id) => !needed.has(id) && !leased.has(id));
}
