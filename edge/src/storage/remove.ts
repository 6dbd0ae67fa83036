/** Removing many objects. */
import type { ObjectStore } from './storage.ts';

/** Removes everything below a prefix. Broken off, it can be done again. */
export async function removeBelow(objects: ObjectStore, prefix: string): Promise<void> {
  for (;;) {
    const { keys } = await objects.list(prefix);
    if (keys.length === 0) return;
    await objects.delete(keys);
  }
}
