import { journal } from '../journal.ts';

/**
 * What `ask` gives, or null if it fails or takes longer than `withinMs`: what else is asked beside it is of use without
 * it. `what` names it in the Worker's log.
 */
export async function attempt<Value>(
  what: string,
  withinMs: number,
  ask: () => Promise<Value>,
): Promise<Value | null> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${withinMs} ms`)), withinMs);
  });
  try {
    return await Promise.race([ask(), late]);
  } catch (error) {
    journal.error(`${what} could not be read`, error);
    return null;
  } finally {
    clearTimeout(timer);
  }
}
