/** Measures how many bytes storage holds, by kind. */
import { appsPrefix, deploymentsPrefix, isLogKey, uploadKeyPrefix } from '../storage/keys.ts';
import type { ObjectStore } from '../storage/storage.ts';
import type { StoredBytes } from './records.ts';

/** Pages of 1,000 objects that a measurement reads: the platform allows 1,000 requests to an invocation. */
const MOST_PAGES = 400;

/** Lists all objects of the instance and adds their sizes up. Throws AppFluxError `unavailable` if storage doesn't respond. */
export async function measureStorage(objects: ObjectStore, mostPages = MOST_PAGES): Promise<StoredBytes> {
  const stored: StoredBytes = { sources: 0, artifacts: 0, logs: 0, complete: true };
  let pages = 0;
  for (const prefix of [uploadKeyPrefix, deploymentsPrefix, appsPrefix]) {
    let cursor: string | null = null;
    do {
      if (pages >= mostPages) return { ...stored, complete: false };
      pages += 1;
      const page = await objects.listSizes(prefix, cursor ?? undefined);
      for (const { key, size } of page.objects) stored[kindOf(prefix, key)] += size;
      cursor = page.cursor;
    } while (cursor !== null);
  }
  return stored;
}

function kindOf(prefix: string, key: string): 'sources' | 'artifacts' | 'logs' {
  if (prefix === uploadKeyPrefix) return 'sources';
  return isLogKey(key) || prefix === deploymentsPrefix ? 'logs' : 'artifacts';
}
