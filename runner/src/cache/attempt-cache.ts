/** The cache of one attempt, from before its build to after its success. */
import type { Job, Plan } from '@appflux/protocol';
import { execa } from 'execa';
import { describeError, type Journal } from '../agent/journal.ts';
import { seconds } from '../job/duration.ts';
import { humanSize, printable } from '../job/prepare/printable.ts';
import type { PreparedSource, StepContext } from '../job/step.ts';
import type { AttemptFolder } from '../sandbox/attempt-folder.ts';
import { diskUsage } from '../sandbox/disk-watch.ts';
import type { Surroundings } from '../sandbox/surroundings.ts';
import { type Caches, MOST_LAYERS } from './caches.ts';
import { PRODUCTION, scopeOf, type Wanted } from './choose.ts';
import { entryBytes, type FoundEntry } from './entry.ts';
import { CACHE_MOUNT, type CachedManager, cachedFolders, cacheEnvironment } from './environment.ts';
import type { AttemptCacheFolder } from './folder.ts';
import { cacheKey } from './key.ts';
import { plainMount } from './mount.ts';

export interface OpenInput {
  readonly plan: Plan;
  readonly imageId: string;
  readonly manager: CachedManager;
  readonly source: PreparedSource;
}

/** Less than this is what tools write down at every run; with the same packages it is not worth a layer. */
const WORTH_KEEPING_BYTES = 1024 ** 2;
/** A cache of more files than this takes longer to keep than it saves. */
const MOST_FILES = 1_000_000;
/** How long measuring may take: a build can write a tree that takes hours to walk through. */
const MEASURE_MS = 60_000;

interface Open {
  readonly wanted: Wanted;
  readonly folder: AttemptCacheFolder;
  readonly entry: FoundEntry | null;
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

  constructor(caches: Caches, input: AttemptCacheInput) {
    this.#caches = caches;
    this.#input = input;
  }

  /** Finds what the build begins with, and says so in the log. */
  async open({ plan, imageId, manager, source }: OpenInput, ctx: StepContext): Promise<Surroundings> {
    const startedAt = performance.now();
    const { job, folder } = this.#input;
    const key = await cacheKey({
      root: source.root,
      top: folder.workspace.source,
      imageId,
      more: [plan.packageManager ?? '', plan.node ?? ''],
    });
    const scope = scopeOf(job.environment, source.branch);
    const wanted: Wanted = { scope, image: plan.image, key };
    const leased = await this.#caches.lease(job.app.id, wanted, folder.top, job.clearCache);
    const found = leased.entry;
    const overlay =
      found === null
        ? null
        : await this.#caches.mountOf(job.app.id, { folder: leased.folder, entry: found }, imageId);
    const entry = overlay === null ? null : found;
    this.#open = { wanted, folder: leased.folder, entry };
    if (this.#caches.enabled) {
      const said =
        entry === found ? this.#found(entry, wanted) : 'Cache: what is kept cannot be mounted on this runner';
      ctx.log(`${said} (${seconds(performance.now() - startedAt)}).`);
    }
    return {
      mounts: [overlay ?? plainMount(leased.folder)],
      suggested: cacheEnvironment(manager, plan.installCommand),
      environment: { APPFLUX_CACHE: CACHE_MOUNT },
      entry: { APPFLUX_CACHE_LINKS: cachedFolders(plan).join('\n') },
    };
  }

  #found(entry: FoundEntry | null, wanted: Wanted): string {
    if (this.#input.job.clearCache) return 'Cache: cleared, as this deployment asks';
    if (entry === null) return 'Cache: miss, nothing has been kept for this App and image';
    const of = entry.scope === PRODUCTION ? 'production' : `the ${printable(entry.scope, 80)}`;
    const fit = entry.key === wanted.key ? 'hit, the same lockfile' : 'the newest, of another lockfile';
    return `Cache: ${fit}; ${humanSize(entryBytes(entry))} of ${of}`;
  }

  /** Keeps nothing: something of the build may still be running. */
  abandon(): void {
    this.#open = null;
  }

  /**
   * Keeps what the build wrote for later ones; to be called once all has gone well. It never fails the deployment:
   * what goes wrong costs the next build some time, and is in the runner's journal.
   */
  async keep(ctx: StepContext): Promise<void> {
    const open = this.#open;
    if (open === null || !this.#caches.enabled) return;
    const startedAt = performance.now();
    try {
      const said = await this.#keep(open, ctx.signal);
      ctx.log(`Cache: ${said} (${seconds(performance.now() - startedAt)}).`);
    } catch (error) {
      ctx.signal.throwIfAborted();
      ctx.log('Cache: not kept, the runner could not write it.');
      this.#input.journal.error('A cache could not be kept', { error: describeError(error) });
    }
  }

  async #keep({ wanted, folder, entry }: Open, signal: AbortSignal): Promise<string> {
    const appId = this.#input.job.app.id;
    const bytes = await measure(folder.upper, AbortSignal.any([signal, AbortSignal.timeout(MEASURE_MS)]));
    if (bytes === null) return 'not kept, it has too many files';
    if (entry?.key === wanted.key && bytes < WORTH_KEEPING_BYTES) return 'unchanged';
    const base = entry?.layers ?? [];
    const total = bytes + (entry === null ? 0 : entryBytes(entry));
    if (total > this.#caches.maxEntryBytes || base.length >= MOST_LAYERS) {
      await this.#caches.forget(appId, wanted);
      return `not kept, it has grown to ${humanSize(total)}; the next build begins anew`;
    }
    await this.#caches.keep(appId, wanted, { path: folder.upper, bytes }, base);
    this.#open = null;
    return `kept ${humanSize(bytes)} of changes, ${humanSize(total)} in all`;
  }
}

/** Bytes that a tree takes; null if it has too many files, or measuring took too long. Follows no link (du). */
async function measure(path: string, signal: AbortSignal): Promise<number | null> {
  const files = await execa('du', ['--inodes', '-s', '-x', '--', path], {
    reject: false,
    cancelSignal: signal,
    env: { LC_ALL: 'C' },
  });
  const count = Number.parseInt(files.stdout ?? '', 10);
  if (Number.isNaN(count) || count > MOST_FILES) return null;
  return diskUsage(path, signal);
}
