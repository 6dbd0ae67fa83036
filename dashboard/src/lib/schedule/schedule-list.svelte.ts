import type { ClientPart } from '@appflux/client';
import type { Schedule, ScheduleStatus } from '@appflux/protocol';
import { LiveResource } from '#lib/live/live-resource.svelte.ts';
import type { PageLifecycle } from '#lib/live/page-lifecycle.ts';

type Calls = ClientPart<{ apps: 'schedules' | 'setSchedules' }>;

/** The schedules of one app. */
export class ScheduleItems extends LiveResource<ScheduleStatus[]> {
  readonly #api: Calls;
  readonly #slug: string;

  constructor(slug: string, api: Calls, page?: PageLifecycle) {
    super({
      load: (signal) => api.apps.schedules(slug, { signal }),
      pauseAfter: () => 60_000,
      ...(page && { page }),
    });
    this.#api = api;
    this.#slug = slug;
  }

  /** Adds a schedule after the others. Throws an AppFluxError. */
  add(schedule: Schedule): Promise<void> {
    return this.#change((schedules) => [...schedules, withoutStatus(schedule)]);
  }

  /** Throws an AppFluxError. */
  remove(schedule: Schedule): Promise<void> {
    return this.#change((schedules) => {
      const at = schedules.findIndex((other) => isSame(other, schedule));
      return schedules.filter((_, index) => index !== at);
    });
  }

  /** Changes the present list, which someone else may have changed since it was loaded. */
  async #change(change: (schedules: readonly Schedule[]) => Schedule[]): Promise<void> {
    const present = await this.#api.apps.schedules(this.#slug);
    await this.#api.apps.setSchedules(this.#slug, change(present.map(withoutStatus)));
    await this.refresh();
  }
}

const withoutStatus = ({ cron, branch, environment }: Schedule): Schedule => ({
  cron,
  ...(branch !== undefined && { branch }),
  ...(environment !== undefined && { environment }),
});

const isSame = (one: Schedule, other: Schedule): boolean =>
  one.cron === other.cron && one.branch === other.branch && one.environment === other.environment;
