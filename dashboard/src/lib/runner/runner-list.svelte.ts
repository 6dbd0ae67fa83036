import type { ClientPart } from '@appflux/client';
import type { RegistrationToken, Runner, RunnerInstaller, UpdateRunner } from '@appflux/protocol';
import { Live } from '#lib/live/live.svelte.ts';
import type { PageLifecycle } from '#lib/live/page-lifecycle.ts';
import { capacityStatus } from './capacity.ts';

type Calls = ClientPart<{ runners: 'list' | 'createToken' | 'installer' | 'update' | 'drain' | 'delete' }>;

/** The runners of the user's team. */
export class RunnerList {
  readonly #api: Calls;
  readonly #live: Live<Runner[]>;

  constructor(api: Calls, page?: PageLifecycle) {
    this.#api = api;
    this.#live = new Live<Runner[]>({
      load: (signal) => api.runners.list({ signal }),
      pauseAfter: () => 5000,
      ...(page && { page }),
    });
  }

  /** Null until loaded. */
  get all(): Runner[] | null {
    return this.#live.value;
  }

  get error() {
    return this.#live.error;
  }

  /** The total and busy slots of online runners. */
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
