/** Keeps a connection alive, and detects that it is dead. */

export interface HeartbeatOptions {
  /** Milliseconds between pings; the first is sent immediately. */
  readonly intervalMs: number;
  /** Milliseconds without any sign of life after a ping until the connection counts as dead. */
  readonly timeoutMs: number;
  readonly ping: () => void;
  readonly dead: () => void;
}

/**
 * Pings at an interval. Anything that arrives is a sign of life, not only the pong: a pong can wait behind
 * other frames. A connection that is silent for too long is dead, whatever TCP reports.
 */
export class Heartbeat {
  readonly #options: HeartbeatOptions;
  #interval: NodeJS.Timeout | undefined;
  #deadline: NodeJS.Timeout | undefined;

  constructor(options: HeartbeatOptions) {
    this.#options = options;
  }

  start() {
    this.stop();
    this.#interval = setInterval(() => this.#beat(), this.#options.intervalMs);
    this.#beat();
  }

  /** Something has arrived. */
  alive() {
    clearTimeout(this.#deadline);
    this.#deadline = undefined;
  }

  stop() {
    clearInterval(this.#interval);
    this.alive();
  }

  #beat() {
    this.#options.ping();
    this.#deadline ??= setTimeout(() => {
      this.stop();
      this.#options.dead();
    }, this.#options.timeoutMs);
  }
}
