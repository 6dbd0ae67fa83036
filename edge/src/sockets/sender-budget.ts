/** What one sender has used of its allowance, over all of its connections. */
import { AppFluxError, CLOSE } from '@appflux/protocol';
import { inSeconds } from '../seconds.ts';
import type { SocketAllowance } from './allowances.ts';
import { type Bucket, use, waitFor } from './budget.ts';
import { closeQuietly } from './close.ts';
import { refuseUpgrade } from './refuse.ts';

/** What is stored with a connection while its object sleeps. */
export interface Spent {
  readonly units: Bucket | null;
  readonly bytes: Bucket | null;
  readonly connects: Bucket | null;
}

const NOTHING: Spent = { units: null, bytes: null, connects: null };

/** A sender whose connection was closed is admitted again when this share of a burst is there. */
const COMEBACK = 0.1;

/** What is stored lags behind by this share of a burst at most. */
const LAG = 0.1;

export class SenderBudget {
  readonly #allowance: SocketAllowance;
  #spent: Spent;
  #sinceSaved = 0;

  /** `spent`: as it was stored before. */
  constructor(allowance: SocketAllowance, spent: Spent = NOTHING) {
    this.#allowance = allowance;
    this.#spent = spent;
  }

  /** To be stored with the connection. */
  get spent(): Spent {
    return this.#spent;
  }

  /** Whether so much was used that it has to be stored again; asked once, it is taken for stored. */
  takeUnsaved(): boolean {
    if (this.#sinceSaved < LAG) return false;
    this.#sinceSaved = 0;
    return true;
  }

  /** Uses what a frame costs at `now`. False when there is not so much left: the frame is not to be handled. */
  spend(units: number, bytes: number, now: number): boolean {
    const { units: ofUnits, bytes: ofBytes } = this.#allowance;
    const unitsLeft = use(this.#spent.units, ofUnits, units, now);
    const bytesLeft = use(this.#spent.bytes, ofBytes, bytes, now);
    if (unitsLeft === null || bytesLeft === null) return false;
    this.#spent = { ...this.#spent, units: unitsLeft, bytes: bytesLeft };
    this.#sinceSaved += Math.max(units / ofUnits.burst, bytes / ofBytes.burst);
    return true;
  }

  /** Counts a connection at `now`. Gives in how many milliseconds to connect again; 0 when it is admitted. */
  connect(now: number): number {
    const wait = this.#waitAt(now);
    if (wait > 0) return wait;
    this.#spent = { ...this.#spent, connects: use(this.#spent.connects, this.#allowance.connects, 1, now) };
    return 0;
  }

  /** Closes a connection that has sent more than it may. */
  close(ws: WebSocket, now: number): void {
    const seconds = Math.ceil(this.#waitAt(now) / 1000);
    closeQuietly(ws, CLOSE.tooManyFrames, `Too many frames: connect again in ${inSeconds(seconds)}`);
  }

  #waitAt(now: number): number {
    const { units, bytes, connects } = this.#allowance;
    return Math.max(
      waitFor(this.#spent.connects, connects, 1, now),
      waitFor(this.#spent.units, units, units.burst * COMEBACK, now),
      waitFor(this.#spent.bytes, bytes, bytes.burst * COMEBACK, now),
    );
  }
}

/** The answer to an upgrade that came too soon: 429 with `Retry-After`. */
export function tooManyConnections(waitMs: number): Response {
  const retryAfterSeconds = Math.ceil(waitMs / 1000);
  return refuseUpgrade(
    new AppFluxError('too_many_requests', 'Too many connections or frames', {
      hint: `Connect again in ${inSeconds(retryAfterSeconds)}.`,
      retryAfterSeconds,
    }),
  );
}

/** Of what was stored with a sender's connections, the newest. */
export const newestOf = (stored: readonly (Spent | undefined)[]): Spent | undefined =>
  stored.reduce((newest, spent) => (usedAt(spent) > usedAt(newest) ? spent : newest), undefined);

const usedAt = (spent: Spent | undefined): number =>
  Math.max(spent?.units?.at ?? 0, spent?.connects?.at ?? 0);

/** The length of a message, in UTF-16 units or bytes. */
export const sizeOf = (message: string | ArrayBuffer): number =>
  typeof message === 'string' ? message.length : message.byteLength;
