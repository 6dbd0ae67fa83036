/** How many emails notifications may send: any team could have them sent to any address otherwise, without end. */
import type { Env } from '../env.ts';
import { throttleOf } from '../throttle/index.ts';
import type { Rule } from '../throttle/rule.ts';

const MINUTE = 60_000;

/** Emails without a wait; then one a minute, and if that goes on, one in five. */
export const EMAILS: Rule = { free: 100, firstWaitMs: MINUTE, longestWaitMs: 5 * MINUTE };

/** Counts an email of a team to an address. Gives in how many milliseconds to ask again; 0 when it may be sent. */
export async function countEmail(env: Env, ownerId: string, address: string): Promise<number> {
  const counter = (what: string, whom: string) =>
    throttleOf(env, whom, [{ what, whom: [whom], rule: EMAILS }]);
  const byAddress = await counter('notifications to an email', address.toLowerCase());
  const waitMs = await byAddress.count();
  if (waitMs > 0) return waitMs;
  return (await counter('emailed notifications of a team', ownerId)).count();
}
