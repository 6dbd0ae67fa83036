/**
 * What a jump of the machine's clock means for a deployment. An object has no other clock than the wall's, so a jump is
 * only known by its effect on a lease: it can never end later than one term from now, and its alarm never comes much
 * later than its end. Pure.
 */
import { LEASE_MS } from '@appflux/protocol';
import type { State } from './state.ts';

/** An alarm that is this much later than the end of the lease, in milliseconds, was not late: the clock jumped. */
const FORWARD_MS = LEASE_MS / 2;

/** A clock that is only corrected may go back by less than this, in milliseconds. */
const CORRECTION_MS = 1000;

/** Whether the clock has been set back since the lease was renewed. */
export const wentBack = ({ lease }: State, now: number): boolean =>
  lease !== null && lease.expiresAt > now + LEASE_MS + CORRECTION_MS;

/**
 * The state with its times as the clock at `now` (Unix milliseconds) would have set them; the same state if the clock
 * has not jumped. The lease gets a whole term, within which its runner is heard or not. What is left of the time limit
 * stays, give or take one term; the runner, whose clock does not jump, keeps to it exactly.
 * @param socketOpen whether the runner is connected: time that passed while it was not is no jump. One that connects again
 *   has kept its lease by its own clock, so it counts as well.
 */
export function settled(state: State, socketOpen: boolean, now: number): State {
  const { lease } = state;
  if (lease === null) return state;
  const wentForward = socketOpen && now - lease.expiresAt >= FORWARD_MS;
  if (!wentForward && !wentBack(state, now)) return state;
  const by = now + LEASE_MS - lease.expiresAt;
  const moved = (time: number | null) => (time === null ? null : time + by);
  return {
    ...state,
    lease: { ...lease, expiresAt: now + LEASE_MS },
    deadlineAt: moved(state.deadlineAt),
    cancelBy: moved(state.cancelBy),
  };
}
