/** Asking how often something was tried already. */
import type { Env } from '../env.ts';
import { sha256Hex } from '../identity/tokens.ts';
import { type ObjectStub, objectStub } from '../objects/stub.ts';
import type { Limit } from './limit.ts';
import type { ThrottleObject } from './object.ts';

/** What is throttled, and for whom: `password` for `email:a@b.example`. */
export interface Throttled {
  what: string;
  /** Only its hash is kept, as the object's name. */
  whom: string;
}

/** Counts a try. Gives in how many milliseconds to ask again; 0 when it is allowed. */
export async function countTryOf(env: Env, throttled: Throttled, limit: Limit): Promise<number> {
  return (await objectOf(env, throttled)).count(limit);
}

/** Forgets the tries: whoever it was got in. */
export async function forgetTries(env: Env, throttled: Throttled): Promise<void> {
  await (await objectOf(env, throttled)).forget();
}

async function objectOf(env: Env, { what, whom }: Throttled): Promise<ObjectStub<ThrottleObject>> {
  const name = await sha256Hex(new TextEncoder().encode(JSON.stringify([what, whom])));
  // Repeated, a try would be counted twice.
  return objectStub(() => env.THROTTLES.getByName(name), { count: 'once', forget: 'repeat' });
}
