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
import { engineMessage } from '../sandbox/engine.ts';
import type { Mark } from '../sandbox/marks.ts';
import type { Surroundings } from '../sandbox/surroundings.ts';
import type { PreparedSource, StepContext } from '../step-context.ts';
import { type Caches, MOST_LAYERS } from './caches.ts';
import { PRODUCTION, scopeOf, type Wanted } from './choose.ts';
import { decidingFiles } from './deciding-files.ts';
import { entryBytes, type FoundEntry } from './entry.ts';
import {
  CACHE_MOUNT,
  type CachedManager,
  cachedFolders,
  cacheEnvironment,
  GRADLE_PROPERTIES,
  gradleOptions,
} from './environment.ts';
import { installedKey, SELF_CONTAINED_SCRIPTS } from './installed.ts';
import { cacheKey } from './key.ts';
import { plainMount } from './mount.ts';

export interface OpenInput {
  readonly plan: Plan;
  readonly imageId: string;
  readonly manager: CachedManager;
  readonly managerVersion: ManagerVersion | null;
  readonly source: PreparedSource;
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
  /** Key of the packages that this build would install; null if later builds can't reuse them. */
  readonly installable: string | null;
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
  /** Key of the installed packages that the cache holds by now. */
  #installed: string | null = null;

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
    const installable = await this.#installable(input);
    this.#open = { wanted, folder: leased.folder, entry, installable };
    this.#installed = entry?.installed ?? null;
    if (this.#caches.enabled) {
      const outcome = entry === leased.entry ? this.#found(entry, wanted) : UNMOUNTABLE;
      ctx.log(say`${outcome} (${formatElapsed(performance.now() - startedAt)}).`);
    }
    return {
      mounts: [mount ?? plainMount(leased.folder)],
      suggested: cacheEnvironment(manager, plan.installCommand),
      environment: { APPFLUX_CACHE: CACHE_MOUNT, ...(await gradleEnvironment(plan, source.root)) },
      entry: {
        APPFLUX_CACHE_LINKS: cachedFolders(plan).join('\n'),
        ...(installable === null ? {} : { APPFLUX_KEEP_INSTALLED: SELF_CONTAINED_SCRIPTS.join(' ') }),
        ...(installable !== null && installable === this.#installed
          ? { APPFLUX_RESTORE_INSTALLED: '1' }
          : {}),
      },
    };
  }

  async #installable({ plan, imageId, manager, managerVersion, source }: OpenInput): Promise<string | null> {
    const { job, folder } = this.#input;
    const { installCommand, node } = plan;
    if (!this.#caches.enabled || installCommand === null) return null;
    const files = await decidingFiles(source.root, folder.workspace.source);
    if (files === null) return null;
    const { variables, files: sealedFiles } = job;
    const version = managerVersion?.version ?? null;
    const tools = { manager, version, imageId, node };
    return installedKey({ ...tools, installCommand, files, variables, sealedFiles });
  }

  /** Takes a mark of the build's entry script, which tells whether the cache now has this build's packages. */
  take(mark: Mark): void {
    if (mark.stage !== 'keep') return;
    const isKept = mark.event === 'end' && mark.code === 0;
    this.#installed = isKept ? (this.#open?.installable ?? null) : null;
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
    this.#open = { ...open, entry: null };
    this.#installed = null;
    return mounts.map((mount) => (mount.Target === CACHE_MOUNT ? plainMount(open.folder) : mount));
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

  async #keep({ wanted, folder, entry }: Open, signal: AbortSignal): Promise<string> {
    const appId = this.#input.job.app.id;
    const inTime = AbortSignal.any([signal, AbortSignal.timeout(MEASURE_MS)]);
    const measured = await this.#caches.measure(folder.upper, wanted.image, inTime);
    signal.throwIfAborted();
    if (measured === null) return 'not saved, its size could not be measured';
    if (measured.files > MOST_FILES) return 'not saved, too many files';
    const { bytes } = measured;
    const installed = this.#installed;
    const same = entry !== null && entry.key === wanted.key && entry.installed === installed;
    if (same && bytes < WORTH_KEEPING_BYTES) return 'unchanged';
    const base = entry?.layers ?? [];
    const total = bytes + (entry === null ? 0 : entryBytes(entry));
    if (total > this.#caches.maxEntryBytes || base.length >= MOST_LAYERS) {
      await this.#caches.forget(appId, wanted);
      return `not saved, it has grown to ${formatBytes(total)}; the next build starts without a cache`;
    }
    await this.#caches.keep(appId, wanted, { path: folder.upper, bytes, installed }, base);
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
