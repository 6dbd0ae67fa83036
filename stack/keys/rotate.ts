/** Rotates the key that variables and files are sealed with. A crash is safe after every step. */
import { randomBytes } from 'node:crypto';
import type { Resealed } from '@appflux/protocol';
import type { Secrets } from '../state.ts';

/**
 * The secrets with a new sealing key; the current one can still open what it has sealed. A rotation that was started
 * and not completed continues with its own new key: a third key would make what the first has sealed unreadable.
 */
export function beginRotation(secrets: Secrets): Secrets {
  if (secrets.previousSealingKey !== undefined) return secrets;
  return {
    ...secrets,
    sealingKey: randomBytes(32).toString('base64'),
    previousSealingKey: secrets.sealingKey,
  };
}

/** The secrets without the previous key. Call only when nothing is sealed with it any more. */
export function endRotation({ previousSealingKey: _, ...secrets }: Secrets): Secrets {
  return secrets;
}

/**
 * Goes through all apps until a whole round has sealed nothing again.
 * @returns how many values were sealed again
 */
export async function resealAll(
  reseal: (after: string | null) => Promise<Resealed>,
  onProgress: (resealed: number) => void,
): Promise<number> {
  let total = 0;
  for (;;) {
    let inRound = 0;
    let after: string | null = null;
    do {
      const { resealed, next }: Resealed = await reseal(after);
      inRound += resealed;
      onProgress(total + inRound);
      after = next;
    } while (after !== null);
    if (inRound === 0) return total;
    total += inRound;
  }
}
