/** How long a queued deployment waits: for a runner, or for approval. Pure; times are Unix milliseconds. */
import type { Spec, State } from './state.ts';

/** A deployment that no runner has claimed after this long is given up. */
export const WAIT_LIMIT_MS = 24 * 3600_000;

/** A deployment that nobody has approved after this long is given up. */
export const APPROVAL_LIMIT_MS = 30 * 24 * 3600_000;

/** When a queued deployment counts as waiting for a runner. */
export const WAITING_AFTER_MS = 10 * 60_000;

/** When a queued deployment is given up. */
export const givenUpAt = ({ createdAt }: Spec, { approval }: State): number => {
  if (approval?.state === 'required') return createdAt + APPROVAL_LIMIT_MS;
  return (approval?.at ?? createdAt) + WAIT_LIMIT_MS;
};

/** Since when a queued deployment waits for a runner. */
export const queuedSince = ({ createdAt }: Spec, { queuedAt, approval }: State): number =>
  queuedAt ?? (approval?.state === 'approved' ? approval.at : createdAt);

/** When it will count as waiting; null if it does. */
export const waitingFrom = (spec: Spec, state: State): number | null =>
  state.waiting === undefined ? queuedSince(spec, state) + WAITING_AFTER_MS : null;
