/** How a process that runs for long, and mostly waits, gives memory back to the system. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** What runs in the seconds after the work still holds some of it. Milliseconds. */
const SETTLED_MS = 5_000;

let timer: NodeJS.Timeout | undefined;

/**
 * Collects garbage five seconds from now, unless this is called again until then. V8 does it by itself only when the heap
 * grows, and a process that has started, or built something, and then waits keeps tens of megabytes of it until then.
 * @param isIdle asked then: collecting stops the process for some 50 ms
 */
export function collectGarbageSoon(isIdle: () => boolean = () => true): void {
  clearTimeout(timer);
  timer = setTimeout(() => {
    if (isIdle()) collectGarbage();
  }, SETTLED_MS).unref();
}

function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  const collect: unknown = runInNewContext('gc');
  setFlagsFromString('--no-expose-gc');
  // The flavor gives pages back to the system as well.
  if (typeof collect === 'function') collect({ type: 'major', flavor: 'last-resort' });
}

/**
 * Settings of glibc's malloc for such a process: what is large is mapped by itself and goes back to the system when it is
 * freed. Otherwise glibc raises the size from which it maps with each large block that is freed, and keeps the holes. Other
 * C libraries ignore them. See mallopt(3).
 */
export const GIVES_MEMORY_BACK = {
  MALLOC_MMAP_THRESHOLD_: String(128 * 1024),
  MALLOC_TRIM_THRESHOLD_: String(128 * 1024),
} as const;
