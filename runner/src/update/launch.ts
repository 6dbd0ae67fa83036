/**
 * `appflux-runner start --self-update`: a process that starts the runner as a child, replaces it by a version that it has
 * made ready, and goes back to the one before if that doesn't work. It is that of the installation, whatever runs below it.
 */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { describeError, type Journal } from '../journal.ts';
import { removeTree } from '../sandbox/remove-tree.ts';
import { CHECK_IN_TIMING, type CheckInTiming } from './check-in.ts';
import type { InstalledPackage } from './installed-package.ts';
import { type Ended, LaunchedProcess } from './launched-process.ts';
import { isComplete } from './prepare.ts';
import {
  begun,
  folderOf,
  interrupted,
  MOST_TRIES,
  proved,
  readied,
  readRecord,
  refused,
  type Version,
  type VersionRecord,
  versionsFolder,
  writeRecord,
} from './version-record.ts';

export interface LaunchOptions {
  readonly state: string;
  readonly installed: InstalledPackage;
  /** The command line after the program. */
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly journal: Journal;
  /** Calls back for each signal that asks to end. Gives what ends that. */
  readonly onSignals: (take: (signal: NodeJS.Signals) => void) => () => void;
  readonly timing?: CheckInTiming;
}

/** Runs until the runner ends for another reason than an update. Gives its exit code. */
export async function launch(options: LaunchOptions): Promise<number> {
  const launcher = new VersionLauncher(options, await readRecord(options.state, options.installed));
  const forget = options.onSignals((signal) => launcher.signal(signal));
  try {
    return await launcher.run();
  } finally {
    forget();
  }
}

class VersionLauncher {
  readonly #options: LaunchOptions;
  #record: VersionRecord;
  #process: LaunchedProcess | undefined;
  #isStopping = false;
  /** Records are written one after the other. */
  #written: Promise<void> = Promise.resolve();

  constructor(options: LaunchOptions, record: VersionRecord) {
    this.#options = options;
    this.#record = record;
  }

  signal(signal: NodeJS.Signals): void {
    this.#isStopping = true;
    this.#process?.signal(signal);
  }

  async run(): Promise<number> {
    // Also the first record of a new installation, which voids the earlier one.
    this.#keep(this.#record);
    await this.#removeOthers();
    for (;;) {
      const { trying, current } = this.#record;
      const ended = await (trying === null ? this.#usual(current) : this.#try(trying));
      if (ended.ready === null || this.#isStopping) return ended.exitCode;
      this.#keep(readied(this.#record, ended.ready));
      await this.#written;
    }
  }

  /** Runs what runs usually. An update that can't start any more gives way to the installation. */
  async #usual(current: Version | null): Promise<Ended> {
    if (current !== null && !(await this.#isThere(current))) {
      this.#keep({ ...this.#record, current: null });
      return this.#usual(null);
    }
    const child = this.#start(current);
    const proof = await child.proof;
    const ended = await child.ended;
    const cannotStart = proof === 'ended' && ended.exitCode !== 0;
    if (current === null || !cannotStart || this.#isStopping) return ended;
    return this.#goBack(current, `it ended with exit code ${ended.exitCode}`, null);
  }

  /** Starts a version for the first time. */
  async #try(trying: NonNullable<VersionRecord['trying']>): Promise<Ended> {
    const { journal } = this.#options;
    const { version } = trying;
    if (!(await this.#isThere(trying))) {
      this.#keep({ ...this.#record, trying: null });
      return this.#usual(this.#record.current);
    }
    this.#keep(begun(this.#record));
    // On the disk before it can take the machine with it.
    await this.#written;
    journal.info('Starting the other version', { version });
    const child = this.#start(trying);
    const before = this.#record.current;
    if ((await child.proof) === 'works') {
      journal.info('The other version works', { version });
      this.#keep(proved(this.#record));
      if (before !== null) await this.#remove(before);
      return child.ended;
    }
    if (this.#isStopping) {
      this.#keep(interrupted(this.#record));
      await this.#written;
      return child.ended;
    }
    await child.stop();
    const { exitCode } = await child.ended;
    return this.#goBack(trying, `it did not reach the pool (exit code ${exitCode})`, before);
  }

  /**
   * Starts what ran before. Only if that works is the other version to blame, and not the instance, the engine, or the
   * network.
   */
  async #goBack(failed: Version, reason: string, before: Version | null): Promise<Ended> {
    const { journal } = this.#options;
    const { version } = failed;
    journal.error('The other version does not work. Going back to the one before', { version, reason });
    const child = this.#start(before);
    const works = (await child.proof) === 'works';
    const tries = this.#record.trying?.tries ?? 0;
    if (works || tries >= MOST_TRIES) {
      journal.error('It is not tried again. Install the runner again to try it', { version });
      this.#keep(refused(this.#record, failed, reason));
      await this.#remove(failed);
    } else if (!this.#isStopping) journal.warn('The version before does not work either', { version });
    return child.ended;
  }

  #start(version: Version | null): LaunchedProcess {
    const { state, installed, args, env, timing = CHECK_IN_TIMING } = this.#options;
    const child = new LaunchedProcess({
      folder: version === null ? installed.folder : folderOf(state, version),
      installedFolder: installed.folder,
      args,
      env,
      timing,
      onBad: (bad, reason) => this.#keep(refused(this.#record, bad, reason)),
    });
    this.#process = child;
    if (this.#isStopping) child.signal('SIGTERM');
    return child;
  }

  #isThere(version: Version): Promise<boolean> {
    return isComplete(folderOf(this.#options.state, version));
  }

  #keep(record: VersionRecord): void {
    this.#record = record;
    const { state, journal } = this.#options;
    this.#written = this.#written
      .then(() => writeRecord(state, record))
      .catch((error: unknown) =>
        journal.error('The record of versions cannot be written', { error: describeError(error) }),
      );
  }

  /** Removes a version that is not started any more. */
  async #remove(version: Version): Promise<void> {
    await this.#written;
    await removeTree(folderOf(this.#options.state, version));
  }

  /** Removes what earlier processes have left. Only to be called while no runner is running. */
  async #removeOthers(): Promise<void> {
    await this.#written;
    const folder = versionsFolder(this.#options.state);
    const { current, trying } = this.#record;
    const kept = ['versions.json', current?.sha256, trying?.sha256];
    const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return [];
      throw error;
    });
    for (const name of names.filter((one) => !kept.includes(one))) await removeTree(join(folder, name));
  }
}

/** Passes on each SIGTERM and SIGINT of this process. */
export function processSignals(take: (signal: NodeJS.Signals) => void): () => void {
  process.on('SIGTERM', take).on('SIGINT', take);
  return () => void process.off('SIGTERM', take).off('SIGINT', take);
}
