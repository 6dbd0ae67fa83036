/** Trying again what storage could not do at the moment. */
import { setTimeout as sleep } from 'node:timers/promises';

/** Milliseconds before the second and the third try; a random half is taken off, so that callers spread out. */
const PAUSES_MS = [100, 400];

/**
 * Does `operation`, at most three times, as long as it throws what `isTransient` says may pass. Throws what the
 * last try threw. Only for what may be done twice.
 */
export async function retrying<Result>(
  operation: () => Promise<Result>,
  isTransient: (error: unknown) => boolean,
): Promise<Result> {
  for (const pause of PAUSES_MS) {
    try {
      return await operation();
    } catch (error) {
      if (!isTransient(error)) throw error;
    }
    await sleep(pause * (0.5 + Math.random() / 2));
  }
  return operation();
}
