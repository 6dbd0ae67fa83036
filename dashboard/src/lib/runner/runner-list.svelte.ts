import type { ClientPart } from '@appflux/client';
import type { Page, RegistrationToken, Runner, RunnerInstaller, UpdateRunner } from '@appflux/protocol';
import { Live } from '#lib/live/live.svelte.ts';
import type { PageLifecycle } from '#lib/live/page-lifecycle.ts';
import { capacityStatus } from './capacity.ts';

type Calls = ClientPart<{ runners: 'page' | 'createToken' | 'installer' | 'update' | 'drain' | 'delete' }>;

/** How many runners are shown first, and added by `showMore`. */
const PAGE = 100;
const RELOAD_MS = 5000;

/** The runners of the user's team, the newest first. What is shown is kept up to date. */
export class RunnerList {
  readonly #api: Calls;
  readonly #live: Live<Page<Runner>>;
  /** How many pages are shown. */
  #pages = 1;

  constructor(api: Calls, page?: PageLifecycle) {
    this.#api = api;
    this.#live = new Live<Page<Runner>>({
      load: (signal) => this.#load(signal),
      // Many pages take as many calls.
      pauseAfter: () => RELOAD_MS * this.#pages,
      ...(page && { page }),
    });
  }

  /** Null until loaded. */
  get all(): Runner[] | null {
    return this.#live.value?.items ?? null;
  }

  get error() {
    return this.#live.error;
  }

  /** Whether there are others than those that are shown. */
  get hasMore(): boolean {
    return this.#live.value?.nextCursor != null;
  }

  /** Shows further ones. */
  async showMore(): Promise<void> {
    this.#pages += 1;
    await this.refresh();
  }

  async #load(signal: AbortSignal): Promise<Page<Runner>> {
    const items: Runner[] = [];
    let nextCursor: string | null = null;
    for (let page = 0; page < this.#pages && (page === 0 || nextCursor !== null); page += 1) {
      const query = { limit: PAGE, ...(nextCursor === null ? {} : { cursor: nextCursor }) };
      const next: Page<Runner> = await this.#api.runners.page(query, { signal });
      items.push(...next.items);
      nextCursor = next.nextCursor;
    }
    return { items, nextCursor };
  }

  /** The total and busy slots of the online runners that are shown. */
  get capacity(): { slots: number; busy: number } {
    const online = (this.all ?? []).filter(({ status }) => status === 'online');
    return {
      slots: online.reduce((sum, runner) => sum + capacityStatus(runner).slots, 0),
      busy: online.reduce((sum, { busy }) => sum + busy, 0),
    };
  }

  start(): () => void {
    return this.#live.start();
  }

  refresh(): Promise<void> {
    return this.#live.refresh();
  }

  /** Creates a single-use token for a new runner. Throws an AppFluxError. */
  registrationToken(): Promise<RegistrationToken> {
    return this.#api.runners.createToken();
  }

  /** The script that makes a machine a runner. Throws an AppFluxError. */
  installer(): Promise<RunnerInstaller> {
    return this.#api.runners.installer();
  }

  /** Changes a runner's registration; omitted fields stay. Throws an AppFluxError. */
  async update(id: string, change: UpdateRunner): Promise<void> {
    await this.#api.runners.update(id, change);
    await this.refresh();
  }

  /** Drains a runner: it finishes its builds and gets no new ones. Or resumes it. Throws an AppFluxError. */
  async drain(id: string, draining: boolean): Promise<void> {
    await this.#api.runners.drain(id, draining);
    await this.refresh();
  }

  /** Revokes a runner's credential. Its builds move to another runner. Throws an AppFluxError. */
  async remove(id: string): Promise<void> {
    await this.#api.runners.delete(id);
    await this.refresh();
  }
}
