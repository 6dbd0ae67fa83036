/** The lease of an attempt, measured by the runner's own clock. */
import type { Clock } from './clock.ts';

export interface LeaseTerms {
  /** How long the lease lasts after a ping that the edge has seen, in milliseconds. */
  readonly lengthMs: number;
  /** How long before its end the runner already treats it as lost, in milliseconds. */
  readonly marginMs: number;
}

/** The share of a lease given up for safety: what killing a container and a slow timer may take. */
export function leaseTerms(leaseSeconds: number): LeaseTerms {
  const lengthMs = leaseSeconds * 1000;
  return { lengthMs, marginMs: Math.min(5000, lengthMs / 6) };
}

/**
 * What the runner can know about its lease by itself. The edge counts from when it received a ping, which
 * is after that ping was sent. Counting from when an answered ping was sent is therefore never too long.
 * A ping without an answer counts for nothing.
 */
export class Lease {
  readonly #terms: LeaseTerms;
  readonly #clock: Clock;
  #renewedAt: number;
  #lost = false;
  /** When the pings of this connection were sent that are not yet answered; answers come in order. */
  #unanswered: number[] = [];

  constructor(terms: LeaseTerms, clock: Clock) {
    this.#terms = terms;
    this.#clock = clock;
    this.#renewedAt = clock();
  }

  /** A ping is about to be sent. */
  pingSent() {
    this.#unanswered.push(this.#clock());
  }

  /** An answer has come: it belongs to the oldest ping without one. */
  pongReceived() {
    const sentAt = this.#unanswered.shift();
    // An expired lease stays lost: another runner may hold it by now.
    if (sentAt === undefined || !this.held()) return;
    this.#renewedAt = sentAt;
  }

  /** The connection is lost, and with it every pending answer. */
  connectionLost() {
    this.#unanswered = [];
  }

  /** Milliseconds until the lease has to be treated as lost; 0 or less when it is. */
  remainingMs(): number {
    if (this.#lost) return 0;
    return this.#renewedAt + this.#terms.lengthMs - this.#terms.marginMs - this.#clock();
  }

  /** Whether the runner may still act for this attempt. Once false, always false. */
  held(): boolean {
    if (this.remainingMs() <= 0) this.#lost = true;
    return !this.#lost;
  }
}
