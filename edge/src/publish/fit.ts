/** Keeps the download page small: what does not fit into its bytes is on the page of the version. */
import { utf8Bytes } from '@appflux/protocol';
import type { Markup } from './frame.ts';

/**
 * The most bytes of the download page's HTML. With the app's icon, the only thing it loads, the whole page stays below
 * 30,000.
 */
export const MAX_PAGE_BYTES = 21_500;

/** The first of `rows` that stay within `budget` bytes together, and how many bytes they have. */
export async function fit(
  rows: readonly Markup[],
  budget: number,
): Promise<{ shown: Markup[]; bytes: number }> {
  const shown: Markup[] = [];
  let bytes = 0;
  for (const row of rows) {
    const size = utf8Bytes(String(await row));
    if (bytes + size > budget) break;
    bytes += size;
    shown.push(row);
  }
  return { shown, bytes };
}
