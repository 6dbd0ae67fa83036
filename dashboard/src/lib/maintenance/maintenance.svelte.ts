import type { ClientPart } from '@appflux/client';
import type { Maintenance as State } from '@appflux/protocol';
import { Live } from '#lib/live/live.svelte.ts';
import type { PageLifecycle } from '#lib/live/page-lifecycle.ts';

/** Milliseconds between loads while the page is visible; shorter while builds run out. */
const PAUSE_MS = 30_000;
const PAUSE_ON_MS = 5_000;

/** The maintenance switch, for the instance's owner. */
export class Maintenance {
  readonly #api: ClientPart<{ operator: 'maintenance' | 'setMaintenance' }>;
  readonly #live: Live<State>;

  constructor(api: ClientPart<{ operator: 'maintenance' | 'setMaintenance' }>, page?: PageLifecycle) {
    this.#api = api;
    this.#live = new Live({
      load: (signal) => api.operator.maintenance({ signal }),
      pauseAfter: (state) => (state?.on ? PAUSE_ON_MS : PAUSE_MS),
      ...(page && { page }),
    });
  }

  /** Null until loaded. */
  get state(): State | null {
    return this.#live.value;
  }

  get error() {
    return this.#live.error;
  }

  /** Starts loading. Returns a function that stops it, for `$effect`. */
  start(): () => void {
    return this.#live.start();
  }

  refresh(): Promise<void> {
    return this.#live.refresh();
  }

  /** Turns maintenance on, with a reason that everyone sees. Throws an AppFluxError. */
  async turnOn(reason: string): Promise<void> {
    const text = reason.trim();
    this.#live.replace(
      await this.#api.operator.setMaintenance({ on: true, ...(text === '' ? {} : { reason: text }) }),
    );
  }

  /** Throws an AppFluxError. */
  async turnOff(): Promise<void> {
    this.#live.replace(await this.#api.operator.setMaintenance({ on: false }));
  }
}
