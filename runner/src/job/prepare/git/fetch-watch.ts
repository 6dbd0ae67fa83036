/** Limits what Git receives: its protocol doesn't announce sizes. */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** Bytes of the packs in a repository, those that are still coming in among them. */
export async function packBytes(gitDir: string): Promise<number> {
  const folder = join(gitDir, 'objects', 'pack');
  let bytes = 0;
  for (const name of await namesIn(folder)) {
    try {
      bytes += (await stat(join(folder, name))).size;
    } catch (error) {
      // Git renames a pack once it is complete: it is counted under its new name the next time.
      if (!isMissing(error)) throw error;
    }
  }
  return bytes;
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    // Before the first fetch there is no such folder.
    if (isMissing(error)) return [];
    throw error;
  }
}

const isMissing = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'ENOENT';

/**
 * Aborts `controller` with `reason` as soon as the packs are larger than `maxBytes`. Returns what ends the
 * watch.
 */
export function watchPacks(
  gitDir: string,
  maxBytes: number,
  controller: AbortController,
  reason: Error,
  everyMs = 250,
): () => void {
  let ended = false;
  let timer: NodeJS.Timeout | undefined;
  const look = async () => {
    try {
      if ((await packBytes(gitDir)) > maxBytes) controller.abort(reason);
    } catch (error) {
      // A folder that cannot be read cannot be kept in bounds.
      controller.abort(error);
    }
    if (!ended && !controller.signal.aborted) timer = setTimeout(look, everyMs);
  };
  timer = setTimeout(look, everyMs);
  return () => {
    ended = true;
    clearTimeout(timer);
  };
}
