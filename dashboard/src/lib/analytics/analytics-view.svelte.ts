import type { ClientPart } from '@appflux/client';
import type { Analytics } from '@appflux/protocol';
import { Live } from '#lib/live/live.svelte.ts';
import type { PageLifecycle } from '#lib/live/page-lifecycle.ts';
import type { Choice } from './choice.ts';

/** The server aggregates all builds of the period for each request, so the page asks rarely. */
const PAUSE_MS = 120_000;

/** Analytics of the chosen App and period. */
export class AnalyticsView {
  readonly #live: Live<Analytics>;

  constructor({ days, app }: Choice, api: ClientPart<{ instance: 'analytics' }>, page?: PageLifecycle) {
    this.#live = new Live<Analytics>({
      load: (signal) => api.instance.analytics(app === null ? { days } : { days, app }, { signal }),
      pauseAfter: () => PAUSE_MS,
      ...(page && { page }),
    });
  }

  /** Null until loaded. */
  get value(): Analytics | null {
    return this.#live.value;
  }

  get error() {
    return this.#live.error;
  }

  /** Whether anything was built or downloaded in the period; false until loaded. */
  get hasAny(): boolean {
    if (this.value === null) return false;
    const { builds, downloads } = this.value;
    return builds.success + builds.failed + builds.canceled + downloads > 0;
  }

  start(): () => void {
    return this.#live.start();
  }

  refresh(): Promise<void> {
    return this.#live.refresh();
  }
}
