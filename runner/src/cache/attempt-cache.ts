/** The cache of one attempt, from before its build to after its success. */

import { join } from 'node:path';
import type { ManagerVersion } from '@appflux/detection';
import { formatBytes, formatElapsed, type Job, type Plan, printable } from '@appflux/protocol';
import type { MountSettings } from 'dockerode';
import { describeError, type Journal } from '../journal.ts';
import { own, say } from '../masking/sentence.ts';
import { readText } from '../read-text.ts';
import type { AttemptCacheFolder } from '../sandbox/attempt-cache-folder.ts';
import type { AttemptFolder } from '../sandbox/attempt-folder.ts';
import { CACHE_MOUNT } from '../sandbox/container-spec.ts';
import { engineMessage } from '../sandbox/engine.ts';
import type { Mark } from '../sandbox/marks.ts';
import type { Surroundings } from '../sandbox/surroundings.ts';
import type { PreparedSource, StepContext } from '../step-context.ts';
import { type AttemptPackages, attemptPackages } from './attempt-packages.ts';
import { type Caches, MOST_LAYERS } from './caches.ts';
import { PRODUCTION, scopeOf, type Wanted } from './choose.ts';
import { entryBytes, type FoundEntry } from './entry.ts';
import {
  type CachedManager,
  cachedFolders,
  cacheEnvironment,
  GRADLE_PROPERTIES,
  gradleOptions,
} from './environment.ts';
import { selfContainedScripts } from './installed.ts';
import { cacheKey } from './key.ts';
import type { Measured } from './measure.ts';
import { plainMount } from './mount.ts';
import { flushPackages, makePackagesImage, takePackages } from './packages-image.ts';

export interface OpenInput {
  readonly plan: Plan;
  readonly imageId: string;
  readonly manager: CachedManager;
  readonly managerVersion: ManagerVersion | null;
  readonly source: PreparedSource;
  /** How much a build may write, in bytes. */
  readonly diskBytes: number;
}

/** Tools write less than this at every run; with the same packages it is not worth a layer. */
const WORTH_KEEPING_BYTES = 1024 ** 2;
/** A cache of more files than this takes longer to save than it gains. */
const MOST_FILES = 1_000_000;
/** As much of a file of Gradle properties as is looked at. */
const MAX_PROPERTIES = 256 * 1024;
/** How long measuring may take: a build can write a tree that takes hours to walk through. */
const MEASURE_MS = 60_000;

const UNMOUNTABLE = 'Cache: cannot be mounted on this runner';

interface Open {
  readonly wanted: Wanted;
  readonly folder: AttemptCacheFolder;
  readonly entry: FoundEntry | null;
  readonly packages: AttemptPackages | null;
  /** Whether the packages of the entry are mounted. */
  readonly reuses: boolean;
}

export interface AttemptCacheInput {
  readonly job: Job;
  readonly folder: AttemptFolder;
  readonly journal: Journal;
}

export class AttemptCache {
  readonly #caches: Caches;
  readonly #input: AttemptCacheInput;
  #open: Open | null = null;
  /** Whether the image's entry has found the installed packages fit for later builds. */
  #fit = false;
  /** Whether it has found none where those of an earlier build are mounted. */
  #lost = false;
  /** Until what the install command left is in its file. */
  #flushed: Promise<void> = Promise.resolve();

  constructor(caches: Caches, input: AttemptCacheInput) {
    this.#caches = caches;
    this.#input = input;
  }

  /** Finds the cache that the build starts with, and logs it. */
  async open(input: OpenInput, ctx: StepContext): Promise<Surroundings> {
    const { plan, imageId, manager, source } = input;
    const startedAt = performance.now();
    const { job, folder } = this.#input;
    const key = await cacheKey({
      root: source.root,
      top: folder.workspace.source,
      imageId,
      more: [plan.packageManager, plan.node, plan.java, plan.flutter].map((version) => version ?? ''),
    });
    const scope = scopeOf(job.environment, source.branch);
    const wanted: Wanted = { scope, image: plan.image, key };
    const leased = await this.#caches.lease(job.app.id, wanted, folder.top, job.clearCache);
    const mount = leased.entry && this.#caches.mountOf(job.app.id, { ...leased, entry: leased.entry });
    const entry = mount === null ? null : leased.entry;
    const packages = this.#caches.enabled
      ? await attemptPackages({ ...input, job, top: folder.workspace.source })
      : null;
    const reused = packages && (await this.#reused(leased.folder, entry, packages));
    if (packages !== null && reused === null) {
      await makePackagesImage(leased.folder.packages, input.diskBytes).catch((error: unknown) =>
        this.#input.journal.warn('Installed packages get no file system of their own', {
          app: job.app.id,
          error: describeError(error),
        }),
      );
    }
    this.#open = { wanted, folder: leased.folder, entry, packages, reuses: reused !== null };
    if (this.#caches.enabled) {
      const outcome = entry === leased.entry ? this.#found(entry, wanted) : UNMOUNTABLE;
      ctx.log(say`${outcome} (${formatElapsed(performance.now() - startedAt)}).`);
    }
    return {
      mounts: [
        mount ?? plainMount(leased.folder),
        ...(packages === null ? [] : [reused ?? plainMount(leased.folder.packages, packages.target)]),
      ],
      suggested: cacheEnvironment(manager, plan.installCommand),
      environment: { APPFLUX_CACHE: CACHE_MOUNT, ...(await gradleEnvironment(plan, source.root)) },
      entry: {
        APPFLUX_CACHE_LINKS: cachedFolders(plan).join('\n'),
        ...(packages === null
          ? {}
          : { APPFLUX_KEEP_PACKAGES: selfContainedScripts(job.variables).join(' ') }),
        ...(reused === null ? {} : { APPFLUX_REUSE_PACKAGES: '1' }),
      },
    };
  }

  /** The mount of the entry's packages, if they are those that this build would install. */
  async #reused(
    { packages }: AttemptCacheFolder,
    entry: FoundEntry | null,
    { key, target }: AttemptPackages,
  ): Promise<MountSettings | null> {
    if (entry === null || entry.installed?.key !== key) return null;
    const { job, journal } = this.#input;
    try {
      return await this.#caches.packagesMountOf(job.app.id, packages, entry.installed.layer, target);
    } catch (error) {
      // They are installed again, and take the place of these.
      journal.warn('The packages of an earlier build cannot be mounted', {
        app: job.app.id,
        error: describeError(error),
      });
      return null;
    }
  }

  /** Takes a mark of the build's entry script, which tells about the packages of this build and those of an earlier one. */
  take(mark: Mark): void {
    if (mark.stage === 'install' && mark.event === 'end' && mark.code === 0) this.#flushed = this.#flush();
    if (mark.stage === 'keep') this.#fit = mark.event === 'end' && mark.code === 0;
    if (mark.stage === 'restore') this.#lost = mark.event === 'end' && mark.code !== 0;
  }

  /** Writes installed packages into their file while the build goes on. */
  async #flush(): Promise<void> {
    const open = this.#open;
    if (open === null || open.packages === null || open.reuses) return;
    try {
      await flushPackages(open.folder.packages, AbortSignal.timeout(MEASURE_MS));
    } catch (error) {
      // They are written when they are unmounted.
      this.#input.journal.warn('Installed packages could not be written yet', {
        app: this.#input.job.app.id,
        error: describeError(error),
      });
    }
  }

  #found(entry: FoundEntry | null, wanted: Wanted): string {
    if (this.#input.job.clearCache) return 'Cache: cleared by this deployment';
    if (entry === null) return 'Cache: miss, none saved for this app and image';
    const of = entry.scope === PRODUCTION ? 'production' : `the ${printable(entry.scope, 80)}`;
    const fit = entry.key === wanted.key ? 'hit, same lockfile' : 'newest, from a different lockfile';
    return `Cache: ${fit}; ${formatBytes(entryBytes(entry))} from ${of}`;
  }

  /**
   * The mounts without what is kept, when the engine could not mount that: not every file system can be below an overlay,
   * and a layer may be damaged. It costs the build its cache, and nothing more. Null for another error of the engine's.
   */
  instead(mounts: readonly MountSettings[], error: unknown, ctx: StepContext): MountSettings[] | null {
    const open = this.#open;
    if (open === null || open.entry === null || !/\bmount/.test(engineMessage(error))) return null;
    const { job, journal } = this.#input;
    journal.warn('The engine cannot mount a cache', { app: job.app.id, error: engineMessage(error) });
    ctx.log(say`${UNMOUNTABLE}; starting without it.`);
    this.#open = { ...open, entry: null, reuses: false };
    return mounts.map((mount) => {
      if (mount.Target === CACHE_MOUNT) return plainMount(open.folder);
      if (mount.Target !== open.packages?.target) return mount;
      return plainMount(open.folder.packages, mount.Target);
    });
  }

  /** Saves nothing: a process of the build may still be running. */
  abandon(): void {
    this.#open = null;
  }

  /**
   * Saves what the build wrote for later builds; to be called after a success. It never fails the deployment:
   * an error costs the next build some time, and is written to the runner's journal.
   */
  async keep(ctx: StepContext): Promise<void> {
    const open = this.#open;
    if (open === null || !this.#caches.enabled) return;
    const startedAt = performance.now();
    try {
      const outcome = await this.#keep(open, ctx.signal);
      ctx.log(say`Cache: ${outcome} (${formatElapsed(performance.now() - startedAt)}).`);
    } catch (error) {
      ctx.signal.throwIfAborted();
      ctx.log(own('Cache: not saved, the runner could not write it.'));
      this.#input.journal.error('A cache could not be saved', { error: describeError(error) });
    }
  }

  async #keep(open: Open, signal: AbortSignal): Promise<string> {
    const { wanted, folder, entry } = open;
    const appId = this.#input.job.app.id;
    const inTime = AbortSignal.any([signal, AbortSignal.timeout(MEASURE_MS)]);
    const measure = (path: string) => this.#caches.measure(path, wanted.image, inTime);
    // What was written over reused packages is not theirs: it goes with the attempt.
    const installedKey = this.#fit && !open.reuses ? (open.packages?.key ?? null) : null;
    const takenPackages = async (): Promise<(Measured & { readonly path: string }) | null> => {
      const { packages } = folder;
      const image = await takePackages(packages);
      // However many files there are in one, it is one.
      if (image !== null) return { ...image, files: 1 };
      const measured = await measure(packages.upper);
      return measured && { ...measured, path: packages.upper };
    };
    await this.#flushed;
    const [cache, packages] = await Promise.all([
      measure(folder.upper),
      installedKey === null ? undefined : takenPackages(),
    ]);
    signal.throwIfAborted();
    if (cache === null || packages === null) return 'not saved, its size could not be measured';
    if (cache.files + (packages?.files ?? 0) > MOST_FILES) return 'not saved, too many files';
    const reused = open.reuses && !this.#lost ? (entry?.installed ?? null) : null;
    const base = entry?.layers ?? [];
    const same = entry !== null && entry.key === wanted.key && entry.installed === reused;
    if (same && installedKey === null && cache.bytes < WORTH_KEEPING_BYTES) return 'unchanged';
    const bytes = cache.bytes + (packages?.bytes ?? 0);
    const total = bytes + entryBytes({ layers: base, installed: reused });
    if (total > this.#caches.maxEntryBytes || base.length >= MOST_LAYERS) {
      await this.#caches.forget(appId, wanted);
      return `not saved, it has grown to ${formatBytes(total)}; the next build starts without a cache`;
    }
    const installed =
      installedKey === null || packages === undefined
        ? null
        : { path: packages.path, bytes: packages.bytes, key: installedKey };
    await this.#caches.keep(
      appId,
      wanted,
      { path: folder.upper, bytes: cache.bytes, reused, installed },
      base,
    );
    this.#open = null;
    return `saved ${formatBytes(bytes)} of changes, ${formatBytes(total)} in total`;
  }
}

/** For builds that may run Gradle. */
async function gradleEnvironment({ type }: Plan, root: string): Promise<Record<string, string>> {
  if (type !== 'android') return {};
  const texts = await Promise.all(
    GRADLE_PROPERTIES.map((name) =>
      readText(join(root, name), { maxBytes: MAX_PROPERTIES, name, headOnly: true }),
    ),
  );
  const options = gradleOptions(texts.filter((text) => text !== null));
  return options === null ? {} : { GRADLE_OPTS: options };
}
