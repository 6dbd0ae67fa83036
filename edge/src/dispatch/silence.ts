/**
 * Runners that have fallen silent. They get nothing, and are closed if nothing is heard until the next check either: nothing is
 * heard from anyone while the pool itself is held up, and thousands would come back together.
 */
import { CLOSE } from '@appflux/protocol';
import { closeQuietly } from '../sockets/close.ts';
import type { Connection, Connections } from './connections.ts';

/** All connections are checked so often at most, in milliseconds. One that gets a job is checked anyway. */
export const CHECK_MS = 5_000;

export interface SilenceOptions {
  /** Nothing was heard lately. */
  readonly suspected: (connection: Connection) => void;
  /** Something was heard again. */
  readonly back: (connection: Connection) => void;
  /** It is closed. One that wakes up connects again and says hello. */
  readonly ended: (connection: Connection) => void;
}

export class Silence {
  readonly #connections: Connections;
  readonly #options: SilenceOptions;
  #suspects = new Set<Connection>();
  #checkedAt = 0;

  constructor(connections: Connections, options: SilenceOptions) {
    this.#connections = connections;
    this.#options = options;
  }

  /** Nothing was heard on this connection lately. */
  suspect(connection: Connection): void {
    this.#suspects.add(connection);
    this.#options.suspected(connection);
  }

  /** Checks all connections at `now`, unless they just were. Gives whether they are to be checked again. */
  check(now: number): boolean {
    if (Math.abs(now - this.#checkedAt) >= CHECK_MS) {
      this.#checkedAt = now;
      const before = this.#suspects;
      this.#suspects = new Set();
      for (const connection of this.#connections.all()) this.#checkOne(connection, before.has(connection));
    }
    return this.#suspects.size > 0;
  }

  #checkOne(connection: Connection, wasSilent: boolean): void {
    const isThere = this.#connections.isThere(connection);
    if (isThere && wasSilent) this.#options.back(connection);
    if (isThere) return;
    if (connection.isOpen && !wasSilent) {
      this.suspect(connection);
      return;
    }
    closeQuietly(connection.ws, CLOSE.goingAway, 'Nothing was heard for too long');
    this.#options.ended(connection);
  }
}
