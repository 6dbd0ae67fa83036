/** What a page tells the service worker once it has loaded. */
import { isHashedFile } from './requests.ts';
import { isVersion } from './versions.ts';

export interface PageLoaded {
  readonly type: 'loaded';
  /** The version of the page. */
  readonly version: string;
  /** The paths of the hashed files that it has loaded so far. */
  readonly files: readonly string[];
}

/** More files than any page has. */
const MOST_FILES = 500;

/** Reads a message; null if it isn't one that is understood. Paths that aren't those of hashed files are dropped. */
export function parseMessage(data: unknown): PageLoaded | null {
  if (typeof data !== 'object' || data === null) return null;
  const { type, version, files } = data as Record<string, unknown>;
  if (type !== 'loaded' || !isVersion(version) || !Array.isArray(files)) return null;
  const paths = files.filter((file): file is string => typeof file === 'string' && isHashedFile(file));
  return { type, version, files: [...new Set(paths)].slice(0, MOST_FILES) };
}
