/**
 * Prices of Cloudflare's Workers Paid plan in US dollars, beyond what the plan includes, as read in November 2026.
 * Each price is per unit.
 */

export interface Price {
  readonly dollars: number;
  /** The page with the price. */
  readonly source: string;
}

const WORKERS = 'https://developers.cloudflare.com/workers/platform/pricing/';
const OBJECTS = 'https://developers.cloudflare.com/durable-objects/platform/pricing/';
const D1 = 'https://developers.cloudflare.com/d1/platform/pricing/';
const QUEUES = 'https://developers.cloudflare.com/queues/platform/pricing/';
const R2 = 'https://developers.cloudflare.com/r2/pricing/';

const million = (dollars: number, source: string): Price => ({ dollars: dollars / 1e6, source });

export const PRICES = {
  workerRequest: million(0.3, WORKERS),
  /** HTTP requests, RPC calls, WebSocket upgrades and alarms. */
  objectRequest: million(0.15, OBJECTS),
  /** Twenty incoming WebSocket messages are one request. Outgoing ones are free. */
  objectMessage: million(0.15 / 20, OBJECTS),
  /** Wall-clock time of an object that cannot hibernate, per 128 MB regardless of its use. */
  objectSecond: million(12.5 * 0.128, OBJECTS),
  /** In an object's SQLite; setting an alarm counts as one. */
  objectRowWritten: million(1, OBJECTS),
  d1RowRead: million(0.001, D1),
  d1RowWritten: million(1, D1),
  /** Writing, reading or deleting 64 KB of a message. */
  queueOperation: million(0.4, QUEUES),
  /** Writes and lists. */
  r2ClassA: million(4.5, R2),
  /** Reads. Deletes and outgoing data are free. */
  r2ClassB: million(0.36, R2),
} as const satisfies Record<string, Price>;

export type Billed = keyof typeof PRICES;

/** An average month, in days. */
const MONTH = 30;

/**
 * What the free plan gives each day, in the units of PRICES, from the same pages; what it gives each month, by the day. Of
 * incoming WebSocket messages twenty are one request of an object, and setting an alarm is a row.
 */
export const FREE_PER_DAY = {
  workerRequest: 100_000,
  objectRequest: 100_000,
  objectSecond: 13_000 / 0.128,
  objectRowWritten: 100_000,
  d1RowRead: 5_000_000,
  d1RowWritten: 100_000,
  queueOperation: 10_000,
  r2ClassA: 1_000_000 / MONTH,
  r2ClassB: 10_000_000 / MONTH,
} as const satisfies Partial<Record<Billed, number>>;
