import type { ClientPart } from '@appflux/client';
import type { RegistrationToken, Runner, UpdateRunner } from '@appflux/protocol';
import { Live } from '#lib/live/live.svelte.ts';
import type { PageLife } from '#lib/live/page-life.ts';
import { capacityLook } from './capacity.ts';

type Calls = ClientPart<{ runners: 'list' | 'createToken' | 'update' | 'drain' | 'delete' }>;

/** The runners that build for the person signed in. */
export class RunnerList {
  readonly #api: Calls;
  readonly #live: Live<Runner[]>;

  constructor(api: Calls, page?: PageLife) {
    this.#api = api;
    this.#live = new Live<Runner[]>({
      load: (signal) => api.runners.list({ signal }),
      pauseAfter: () => 5000,
      ...(page && { page }),
    });
  }

  /** Null until the first answer. */
  get all(): Runner[] | null {
    return this.#live.value;
  }

  get error() {
    return this.#live.error;
  }

  /** Builds that can run at once on runners that are online, and how many do. */
  get capacity(): { slots: number; busy: number } {
    const online = (this.all ?? []).filter(({ status }) => status === 'online');
    return {
      slots: online.reduce((sum, runner) => sum + capacityLook(runner).slots, 0),
      busy: online.reduce((sum, { busy }) => sum + busy, 0),
    };
  }

  start(): () => void {
    return this.#live.start();
  }

  refresh(): Promise<void> {
    return this.#live.refresh();
  }

  /** A one-time token for a new runner. Throws an AppFluxError. */
  registrationToken(): Promise<RegistrationToken> {
    return this.#api.runners.createToken();
  }

  /** Changes what a runner is registered for; what is left out stays. Throws an AppFluxError. */
  async update(id: string, change: UpdateRunner): Promise<void> {
    await this.#api.runners.update(id, change);
    await this.refresh();
  }

  /** Lets a runner finish what it holds and gives it nothing new, or lets it take builds again. Throws an AppFluxError. */
  async drain(id: string, draining: boolean): Promise<void> {
    await this.#api.runners.drain(id, draining);
    await this.refresh();
  }

  /** Takes a runner's credential away; what it builds goes to another one. Throws an AppFluxError. */
  async remove(id: string): Promise<void> {
    await this.#api.runners.delete(id);
    await this.refresh();
  }
}

/** The command that makes a runner of a machine with Docker; quoted for a POSIX shell. */
export function registerCommand(
  origin: string,
  token: string,
  name: string,
  labels: readonly string[],
): string {
  const words = ['appflux-runner', 'register', '--url', origin, '--token', token, '--name', name];
  if (labels.length > 0) words.push('--labels', labels.join(','));
  return words
    .map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`))
    .join(' ');
}
