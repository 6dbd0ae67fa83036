/** Counting how often something was tried. */
import type { Env } from '../env.ts';
import { type ObjectStub, objectStub } from '../objects/stub.ts';
import { derivedHmacKey } from '../secrets/derived-key.ts';
import { setting } from '../settings.ts';
import type { Counter, ThrottleObject } from './object.ts';
import type { Rule } from './rule.ts';

/**
 * Over how many objects the counters are spread. Fixed, so that a flood of made-up names makes no objects without end.
 */
export const THROTTLES = 32;

/** What is counted: `password` for an account from an address. */
export interface Counted {
  what: string;
  /** Whom the counter is for, in as many parts as it takes. Only a keyed hash is stored. */
  whom: readonly string[];
  rule: Rule;
}

/** Counters that are asked together. */
export interface Throttle {
  /**
   * Counts a try by all counters, or by none when one of them does not allow it. Gives in how many milliseconds to ask
   * again; 0 when it is allowed.
   */
  count(): Promise<number>;
  /** It was not a guess: forgets the tries of the first counter, and takes this one back from the others. */
  wasRight(): Promise<void>;
}

/**
 * The counters for one subject (an account, an address). They are in one object, chosen by a keyed hash of the subject:
 * nobody outside can tell which subjects share one.
 */
export async function throttleOf(
  env: Env,
  subject: string,
  counted: readonly [Counted, ...Counted[]],
): Promise<Throttle> {
  const key = await derivedHmacKey(setting(env, 'SEALING_KEY'), 'throttle');
  const place = await hashed(key, ['subject', subject]);
  const name = `counters-${(place[0] ?? 0) % THROTTLES}`;
  // Repeated, a try would be counted twice.
  const object: ObjectStub<ThrottleObject> = objectStub(() => env.THROTTLES.getByName(name), {
    count: 'once',
    takeBack: 'repeat',
    forget: 'repeat',
  });
  const counters: Counter[] = await Promise.all(
    counted.map(async ({ what, whom, rule }) => ({
      key: Buffer.from(await hashed(key, [what, ...whom])).toString('base64url'),
      rule,
    })),
  );
  const [first, ...others] = counters;
  return {
    count: () => object.count(counters),
    async wasRight() {
      if (first !== undefined) await object.forget([first.key]);
      if (others.length > 0) await object.takeBack(others);
    },
  };
}

async function hashed(key: CryptoKey, parts: readonly string[]): Promise<Uint8Array> {
  const text = new TextEncoder().encode(JSON.stringify(parts));
  return new Uint8Array(await crypto.subtle.sign('HMAC', key, text));
}
