/** Watches deployments from outside: their states by polling, their logs live. */
import { hasEnded } from '@appflux/protocol';
import { type Client, pause } from '../e2e/instance/client.ts';
import { Viewer } from '../e2e/instance/viewer.ts';
import type { Ledger } from './ledger.ts';

/** Between two rounds of polling, in milliseconds. */
const LOOK_EVERY_MS = 400;
/** Between a lost connection and the next, in milliseconds. */
const RECONNECT_MS = 250;
/** How long followers may take after the last deployment has ended, in milliseconds: a socket is held back for 20 s (plan.ts). */
const FOLLOW_WITHIN_MS = 30_000;

export class Observer {
  readonly #client: Client;
  readonly #ledger: Ledger;
  readonly #open = new Set<string>();
  readonly #following: Promise<void>[] = [];
  #stopped = false;

  constructor(client: Client, ledger: Ledger) {
    this.#client = client;
    this.#ledger = ledger;
  }

  /** Watches a deployment from now on until it has ended; `follow` reads its log live as well. */
  watch(id: string, follow: boolean): void {
    this.#open.add(id);
    if (follow) this.#following.push(this.#follow(id));
  }

  /** The deployments whose end has not been seen. */
  get open(): readonly string[] {
    return [...this.#open];
  }

  /** Polls all open deployments repeatedly, until it is stopped. */
  async run(): Promise<void> {
    while (!this.#stopped) {
      for (const id of this.#open) await this.#look(id);
      await pause(LOOK_EVERY_MS);
    }
  }

  /** Ends; waits for the followers, who end with their logs, or are cut off after a while. */
  async stop(): Promise<void> {
    await Promise.race([Promise.all(this.#following), pause(FOLLOW_WITHIN_MS)]);
    this.#stopped = true;
    await Promise.all(this.#following);
  }

  async #look(id: string): Promise<void> {
    try {
      const askedAt = performance.now();
      const deployment = await this.#client.deployment(id);
      this.#ledger.saw(deployment, askedAt);
      if (hasEnded(deployment.status)) this.#open.delete(id);
    } catch {
      // No answer, or metadata does not have it yet: try again soon. The checker finds deployments that never appear.
    }
  }

  async #follow(id: string): Promise<void> {
    let lines: Viewer['lines'] = [];
    let status: string | null = null;
    let connections = 0;
    while (status === null && !this.#stopped) {
      connections += 1;
      const viewer = new Viewer(this.#client, id, lines.at(-1)?.seq ?? 0);
      const cutOff = setInterval(() => this.#stopped && viewer.socket.terminate(), LOOK_EVERY_MS);
      status = await viewer.ended;
      clearInterval(cutOff);
      lines = viewer.continue(lines);
      if (status === null) await pause(RECONNECT_MS);
      else viewer.socket.close();
    }
    this.#ledger.followed.push({ id, lines, status, connections });
  }
}
