/** Why an attempt is given up before its steps are through. The reason of its AbortSignal. */

/**
 * - `canceled`: the edge asked for it; answered with `canceled`.
 * - `timeout`: over its time limit; answered with `build_timeout`.
 * - `lease_lost`: another runner may be at it by now; nothing more is said.
 * - `superseded`: the edge says that this attempt is no longer the current one; nothing more is said.
 * - `revoked`: the credential or the lease token is no longer good; nothing more is said.
 * - `stopping`: the runner itself is told to end; the lease runs out and another runner takes over.
 */
export type StopKind = 'canceled' | 'timeout' | 'lease_lost' | 'superseded' | 'revoked' | 'stopping';

export class Stopped extends Error {
  override readonly name = 'Stopped';
  readonly kind: StopKind;

  constructor(kind: StopKind, message: string) {
    super(message);
    this.kind = kind;
  }
}

/** Whether a build that stops for this reason may end itself decently, or has to be killed on the spot. */
export const mayStopGently = (reason: unknown): boolean =>
  reason instanceof Stopped && (reason.kind === 'canceled' || reason.kind === 'timeout');

/** Waits for a promise, but no longer than until the signal aborts; throws the signal's reason then. */
export async function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  let onAbort: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    if (onAbort !== undefined) signal.removeEventListener('abort', onAbort);
  }
}
