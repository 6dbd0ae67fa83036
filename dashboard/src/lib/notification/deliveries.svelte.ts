import type { ClientPart } from '@appflux/client';
import type { Hook, HookDelivery } from '@appflux/protocol';
import { Live } from '#lib/live/live.svelte.ts';
import type { PageLifecycle } from '#lib/live/page-lifecycle.ts';

type Calls = ClientPart<{ hooks: 'list' | 'deliveries' | 'test' | 'redeliver' | 'update' }>;

interface Loaded {
  /** Null if it was deleted. */
  hook: Hook | null;
  deliveries: HookDelivery[];
}

/** A notification hook with its newest deliveries. */
export class Deliveries {
  readonly #id: string;
  readonly #api: Calls;
  readonly #live: Live<Loaded>;

  constructor(id: string, api: Calls, page?: PageLifecycle) {
    this.#id = id;
    this.#api = api;
    this.#live = new Live<Loaded>({
      load: async (signal) => {
        const [{ items: hooks }, { items: deliveries }] = await Promise.all([
          api.hooks.list({ signal }),
          api.hooks.deliveries(id, { limit: 100 }, { signal }),
        ]);
        return { hook: hooks.find((hook) => hook.id === id) ?? null, deliveries };
      },
      // A delivery that is on its way usually arrives within a second.
      pauseAfter: (loaded) =>
        loaded?.deliveries.some(({ status, attempts }) => status === 'pending' && attempts.length < 2)
          ? 1500
          : 15_000,
      ...(page && { page }),
    });
  }

  /** Null until loaded. */
  get value(): Loaded | null {
    return this.#live.value;
  }

  get error() {
    return this.#live.error;
  }

  start(): () => void {
    return this.#live.start();
  }

  refresh(): Promise<void> {
    return this.#live.refresh();
  }

  /** Throws an AppFluxError. */
  async test(): Promise<void> {
    await this.#api.hooks.test(this.#id);
    await this.refresh();
  }

  /** Sends events again after the notification was disabled. Throws an AppFluxError. */
  async enable(): Promise<void> {
    await this.#api.hooks.update(this.#id, { enabled: true });
    await this.refresh();
  }

  /** Sends a delivery again. Throws an AppFluxError. */
  async redeliver(deliveryId: string): Promise<void> {
    await this.#api.hooks.redeliver(this.#id, deliveryId);
    await this.refresh();
  }
}
