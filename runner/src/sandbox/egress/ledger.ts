/** Counts a build's network traffic, enforces its limits, and reports it at the end. */

import type { Socket } from 'node:net';
import { type Refusal, type RefusalReason, refusalText } from './refusal.ts';

export interface HostTraffic {
  /** `host:port`. */
  readonly host: string;
  readonly requests: number;
  /** Bytes on the wire, encryption included: into the build, and out of it. */
  readonly bytesIn: number;
  readonly bytesOut: number;
}

export interface RefusedHost {
  /** `host:port`, or what was sent in its place. */
  readonly host: string;
  readonly reason: RefusalReason;
  readonly count: number;
  /** What happened and what to do about it. */
  readonly text: string;
}

export interface EgressReport {
  /** The busiest first. */
  readonly hosts: readonly HostTraffic[];
  readonly refused: readonly RefusedHost[];
  /** How many refusals are not in `refused`, because too many different things were asked for. */
  readonly refusedUnlisted: number;
}

export interface TrafficLimits {
  readonly bytesIn: number;
  readonly bytesOut: number;
}

/** How many different refusals and hosts are remembered: a build can invent names without end. */
const MAX_ENTRIES = 200;
const OTHERS = 'other hosts';

interface Traffic {
  requests: number;
  bytesIn: number;
  bytesOut: number;
}

interface RefusedEntry {
  readonly refusal: Refusal;
  count: number;
}

/**
 * Counts requests, bytes and refusals. Bytes are read off the sockets' own counters in `measure`, which costs the data
 * path nothing; between two calls a build can pass its limit by what the network carries in that time.
 */
export class Ledger {
  readonly #limits: TrafficLimits;
  readonly #log: (text: string) => void;
  readonly #hosts = new Map<string, Traffic>();
  readonly #refused = new Map<string, RefusedEntry>();
  readonly #open = new Map<Socket, { traffic: Traffic; bytesIn: number; bytesOut: number }>();
  #refusedUnlisted = 0;

  constructor(limits: TrafficLimits, log: (text: string) => void) {
    this.#limits = limits;
    this.#log = log;
  }

  /** One more request for `host`. */
  request(host: string): void {
    this.#traffic(host).requests += 1;
  }

  /** Counts a connection's bytes for `host` from now until it closes. */
  track(host: string, socket: Socket): void {
    this.#open.set(socket, { traffic: this.#traffic(host), bytesIn: 0, bytesOut: 0 });
    socket.once('close', () => {
      this.#read(socket);
      this.#open.delete(socket);
    });
  }

  /** Counts a refusal. The first of its kind is logged immediately, next to its cause. */
  refuse(refusal: Refusal): void {
    const key = `${refusal.reason} ${refusal.subject}`;
    const entry = this.#refused.get(key);
    if (entry !== undefined) {
      entry.count += 1;
    } else if (this.#refused.size < MAX_ENTRIES) {
      this.#refused.set(key, { refusal, count: 1 });
      this.#log(`Network: ${refusal.message}`);
    } else {
      this.#refusedUnlisted += 1;
    }
  }

  /** Brings the counts up to date, and says whether the build has used more than it may. */
  measure(): boolean {
    for (const socket of this.#open.keys()) this.#read(socket);
    let bytesIn = 0;
    let bytesOut = 0;
    for (const traffic of this.#hosts.values()) {
      bytesIn += traffic.bytesIn;
      bytesOut += traffic.bytesOut;
    }
    return bytesIn > this.#limits.bytesIn || bytesOut > this.#limits.bytesOut;
  }

  /** Closes every connection that is open now. */
  cutAll(): void {
    for (const socket of this.#open.keys()) socket.destroy();
  }

  report(): EgressReport {
    this.measure();
    const hosts = [...this.#hosts].map(([host, traffic]) => ({ host, ...traffic }));
    const refused = [...this.#refused.values()].map(({ refusal, count }) => ({
      host: refusal.subject,
      reason: refusal.reason,
      count,
      text: refusalText(refusal.reason, refusal.subject, refusal.detail),
    }));
    return {
      hosts: hosts.sort((a, b) => b.bytesIn + b.bytesOut - (a.bytesIn + a.bytesOut)),
      refused: refused.sort((a, b) => b.count - a.count),
      refusedUnlisted: this.#refusedUnlisted,
    };
  }

  #traffic(host: string): Traffic {
    const name = this.#hosts.has(host) || this.#hosts.size < MAX_ENTRIES ? host : OTHERS;
    let traffic = this.#hosts.get(name);
    if (traffic === undefined) {
      traffic = { requests: 0, bytesIn: 0, bytesOut: 0 };
      this.#hosts.set(name, traffic);
    }
    return traffic;
  }

  #read(socket: Socket): void {
    const entry = this.#open.get(socket);
    if (entry === undefined) return;
    const { bytesRead, bytesWritten } = socket;
    entry.traffic.bytesIn += bytesRead - entry.bytesIn;
    entry.traffic.bytesOut += bytesWritten - entry.bytesOut;
    entry.bytesIn = bytesRead;
    entry.bytesOut = bytesWritten;
  }
}
