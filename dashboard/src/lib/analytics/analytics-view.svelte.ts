import type { ClientPart } from '@appflux/client';
import type { Analytics } from '@appflux/protocol';
import { Live } from '#lib/live/live.svelte.ts';
import type { PageLife } from '#lib/live/page-life.ts';
import type { Choice } from './choice.ts';

/** Each answer is counted anew from all builds of its days, so that a page asks for it rarely. */
const PAUSE_MS = 120_000;

/** Analytics of what was chosen. */
export class AnalyticsView {
  readonly #live: Live<Analytics>;

  constructor({ days, app }: Choice, api: ClientPart<{ instance: 'analytics' }>, page?: PageLife) {
    this.#live = new Live<Analytics>({
      load: (signal) => api.instance.analytics(app === null ? { days } : { days, app }, { signal }),
      pauseAfter: () => PAUSE_MS,
      ...(page && { page }),
    });
  }

  /** Null until the first answer. */
  get value(): Analytics | null {
    return this.#live.value;
  }

  get error() {
    return this.#live.error;
  }

  /** Whether anything was built or downloaded in these days; false until the first answer. */
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
