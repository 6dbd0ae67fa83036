/** Why an attempt is stopped before its steps have ended. The reason of its AbortSignal. */

/**
 * - `canceled`: the edge asked for it; answered with `canceled`.
 * - `timeout`: it exceeded its time limit; reported as `build_timeout`.
 * - `lease_lost`: another runner may work on it by now; nothing more is reported.
 * - `superseded`: the edge says that this attempt is no longer the current one; nothing more is reported.
 * - `revoked`: the credential or the lease token is no longer valid; nothing more is reported.
 * - `engine_lost`: the container engine stopped; the attempt is given back, and tried again.
 * - `stopping`: the runner itself shuts down; the lease expires and another runner builds it.
 */
export type StopKind =
  | 'canceled'
  | 'timeout'
  | 'lease_lost'
  | 'superseded'
  | 'revoked'
  | 'engine_lost'
  | 'stopping';

export class Stopped extends Error {
  override readonly name = 'Stopped';
  readonly kind: StopKind;

  constructor(kind: StopKind, message: string) {
    super(message);
    this.kind = kind;
  }
}

/** Whether a build that stops for this reason gets SIGTERM and time to end, or is killed immediately. */
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
