/** Within a running runner: asks its instance for a newer version now and then, and makes it ready between builds. */
import { setTimeout as sleep } from 'node:timers/promises';
import { describeError, type Journal } from '../journal.ts';
import { prepareVersion } from './prepare.ts';
import { askServed, decideUpdate, isTrusted, type Served } from './served.ts';
import { BadPackage } from './unpack.ts';
import { type Installed, readRefused, type Version } from './version-record.ts';

export interface UpdaterTiming {
  /** So long after a connection it has proved that this version works (check-in.ts). Milliseconds. */
  readonly provedMs: number;
  readonly everyMs: number;
  /** How long a runner without a pause is left alone before it downloads while it builds. */
  readonly patienceMs: number;
}

export const UPDATER_TIMING: UpdaterTiming = {
  provedMs: 20_000,
  everyMs: 6 * 3_600_000,
  patienceMs: 15 * 60_000,
};

export interface UpdaterOptions {
  readonly instance: URL;
  readonly state: string;
  /** What this process runs. */
  readonly running: Installed;
  /** The instance is asked within so many milliseconds of a connection: a deploy brings back all runners together. */
  readonly withinMs: number;
  readonly journal: Journal;
  /** Resolves when nothing is being built. */
  readonly whenIdle: () => Promise<void>;
  /** A version is complete in its folder. */
  readonly onReady: (version: Version) => void;
  readonly onBad: (version: Version, reason: string) => void;
  readonly signal: AbortSignal;
  readonly timing?: UpdaterTiming;
  /** Tests pass their own. */
  readonly prepare?: typeof prepareVersion;
}

export class Updater {
  readonly #options: UpdaterOptions;
  readonly #timing: UpdaterTiming;
  #next: NodeJS.Timeout | undefined;
  /** When that is, in Unix milliseconds. */
  #nextAt = Number.POSITIVE_INFINITY;
  #isAsking = false;
  /** The last thing that was said, so that it isn't said every few hours. */
  #said = '';

  constructor(options: UpdaterOptions) {
    this.#options = options;
    this.#timing = options.timing ?? UPDATER_TIMING;
    options.signal.addEventListener('abort', () => clearTimeout(this.#next), { once: true });
  }

  /** The runner has connected, maybe to a newer instance. */
  connected(): void {
    this.#ask(this.#timing.provedMs, this.#options.withinMs);
  }

  /** The instance doesn't work with this version. */
  incompatible(): void {
    this.#ask(0, this.#options.withinMs);
  }

  /** Asks after `leastMs`, and a random time below `spreadMs`; sooner if that was planned. */
  #ask(leastMs: number, spreadMs: number): void {
    const waitMs = leastMs + Math.random() * spreadMs;
    if (this.#options.signal.aborted || this.#nextAt <= Date.now() + waitMs) return;
    clearTimeout(this.#next);
    this.#nextAt = Date.now() + waitMs;
    this.#next = setTimeout(() => {
      this.#nextAt = Number.POSITIVE_INFINITY;
      void this.#update();
    }, waitMs);
    this.#next.unref();
  }

  async #update(): Promise<void> {
    const { instance, journal, signal } = this.#options;
    if (this.#isAsking) return;
    if (!isTrusted(instance)) {
      this.#sayOnce('This runner doesn’t update itself over plain http', { url: instance.origin });
      return;
    }
    this.#isAsking = true;
    try {
      const served = await askServed(instance, signal);
      if (served !== null) await this.#consider(served);
    } catch (error) {
      if (!signal.aborted)
        journal.warn('The update failed. It is tried again later', { error: describeError(error) });
    } finally {
      this.#isAsking = false;
      this.#ask(this.#timing.everyMs / 2, this.#timing.everyMs / 2);
    }
  }

  async #consider(served: Served): Promise<void> {
    const { running, state, journal, instance, signal } = this.#options;
    const { version, sha256 } = served;
    const decision = decideUpdate(served, running, await readRefused(state));
    if (decision === 'refused')
      this.#sayOnce('The instance serves a version that failed here before. It is not tried again', {
        version,
      });
    if (decision !== 'update') return;
    journal.info('The instance serves another version', { version, running: running.version });
    await this.#pause();
    if (signal.aborted) return;
    try {
      await (this.#options.prepare ?? prepareVersion)({ instance, state, served, signal });
    } catch (error) {
      if (!(error instanceof BadPackage)) throw error;
      journal.error('The package that the instance serves must not be installed', { reason: error.message });
      this.#options.onBad({ version, sha256 }, error.message);
      return;
    }
    if (signal.aborted) return;
    journal.info('The other version is ready. It starts after the running builds', { version });
    this.#options.onReady({ version, sha256 });
  }

  /** Waits until nothing is built, or for as long as a runner without a pause is left alone. */
  async #pause(): Promise<void> {
    const over = new AbortController();
    const signal = AbortSignal.any([over.signal, this.#options.signal]);
    const late = sleep(this.#timing.patienceMs, undefined, { signal, ref: false }).catch(() => undefined);
    await Promise.race([this.#options.whenIdle(), late]);
    over.abort();
  }

  #sayOnce(message: string, fields: Record<string, string>): void {
    const said = `${message} ${JSON.stringify(fields)}`;
    if (said !== this.#said) this.#options.journal.warn(message, fields);
    this.#said = said;
  }
}
