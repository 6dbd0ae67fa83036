/** Stores the errors that this isolate has seen. */
import type { Env } from '../env.ts';
import { journal } from '../journal.ts';
import { recentErrors } from '../recent-errors.ts';
import { operationsOf } from './object.ts';

/** How often an isolate stores at most, in milliseconds: each time is a call and some rows. */
const EVERY_MS = 5_000;

let storedAt = 0;

/**
 * Stores what was seen, unless that was done a moment ago. Never throws: what can't be stored now is stored later, and is in
 * the Worker's log either way.
 */
export async function storeErrors(env: Pick<Env, 'OPERATIONS'>): Promise<void> {
  const now = Date.now();
  // A clock that was set back must not stop it.
  if (recentErrors.isEmpty || (now - storedAt < EVERY_MS && now >= storedAt)) return;
  await storeErrorsNow(env);
}

/** The same without waiting. */
export async function storeErrorsNow(env: Pick<Env, 'OPERATIONS'>): Promise<void> {
  if (recentErrors.isEmpty) return;
  storedAt = Date.now();
  const taken = recentErrors.take();
  try {
    await operationsOf(env).noteErrors(taken, storedAt);
  } catch (error) {
    recentErrors.putBack(taken);
    // As an error it would be noted as one more.
    journal.info(`the errors of this isolate could not be stored: ${String(error)}`);
  }
}
