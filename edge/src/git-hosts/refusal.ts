/** How a Git host refuses: one form for all hosts. */

/** Why a host did not do it. */
export type RefusalKind =
  /** The same request may succeed later: no answer, 5xx, an answer that can't be read. */
  | 'later'
  /** Requests are limited: nothing is sent to this repository before `retryAt`. */
  | 'limited'
  /** The token has expired or was revoked: the next attempt needs a new one. */
  | 'token'
  /** This installation or account may not do anything at present: everything waits until that changes. */
  | 'suspended'
  /** The same request will never succeed: a locked conversation, a missing permission, no such commit. */
  | 'final';

/** A host did not do it. Its message has no token in it. */
export class HostRefusal extends Error {
  override readonly name = 'HostRefusal';
  readonly kind: RefusalKind;
  /** When to try again at the earliest, in Unix milliseconds; null leaves it to the caller. */
  readonly retryAt: number | null;
  /** The status of the answer; null if there was none. */
  readonly status: number | null;
  /** What the host's clock said, in Unix milliseconds; null if the answer doesn't say. */
  readonly serverTime: number | null;

  constructor(
    kind: RefusalKind,
    message: string,
    details: {
      retryAt?: number | null;
      status?: number | null;
      serverTime?: number | null;
      cause?: unknown;
    } = {},
  ) {
    super(message, { cause: details.cause });
    this.kind = kind;
    this.retryAt = details.retryAt ?? null;
    this.status = details.status ?? null;
    this.serverTime = details.serverTime ?? null;
  }
}

/** Whether a host answered with one of these statuses, after which the same request will never succeed. */
export const isRefusedWith = (error: unknown, ...statuses: number[]): error is HostRefusal =>
  error instanceof HostRefusal && error.status !== null && statuses.includes(error.status);
