/**
 * Lines that attempts have left on disk because they ended before the edge had them: this process was killed, or its
 * lease expired while the edge could not be reached. Each attempt's are sent to its deployment, which puts them where
 * they belong. The edge decides whether it still takes them.
 */
import { mkdir, readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type AttemptRef, type RecoveredLines, RecoveredSeq } from '@appflux/protocol';
import { request } from 'undici';
import { type BackoffPolicy, fullJitter } from '../backoff.ts';
import { describeError, type Journal } from '../journal.ts';
import { attemptOfSpool, spooledBatches, spoolFolder, spoolPath } from '../log/spool-file.ts';
import { retry } from '../retry.ts';
import { untilAborted } from '../stop.ts';

export interface LeftLinesOptions {
  readonly state: string;
  readonly url: URL;
  readonly credential: string;
  readonly journal: Journal;
  /** Ends all sending; what is not sent stays on disk. */
  readonly signal: AbortSignal;
  readonly backoff?: BackoffPolicy;
  readonly patienceMs?: number;
}

/**
 * Once the edge can be reached, the first jobs wait so long for the lines of those before them, in milliseconds: they
 * belong before theirs.
 */
const PATIENCE_MS = 5_000;

/** No deployment is open for longer than it may wait and build, so nobody takes older lines, in milliseconds. */
const KEEP_MS = 48 * 3600_000;

const TIMEOUT_MS = 20_000;
/** Some twenty minutes of waiting. */
const TRIES = 500;
const BACKOFF: BackoffPolicy = { baseMs: 500, capMs: 5_000 };

/** Statuses of a proxy before an edge that is away. The edge has them, too, with an answer in JSON. */
const UNREACHABLE: ReadonlySet<number> = new Set([502, 503, 504]);

/** `failed` says why: another try may help. */
type Outcome = 'sent' | 'refused' | { readonly failed: string };

/** How far the attempt's lines are stored, or how sending them has ended. */
type Answer = RecoveredSeq | { readonly outcome: Outcome };

export class LeftLines {
  readonly #options: LeftLinesOptions;
  readonly #underWay = new Map<string, AbortController>();
  readonly #running = new Set<string>();
  /** Resolves when the edge has answered for the first time. */
  readonly #reached = Promise.withResolvers<void>();

  constructor(options: LeftLinesOptions) {
    this.#options = options;
  }

  /**
   * Sends what earlier processes have left. Resolves when all of it is sent or refused, or some seconds after the edge
   * has first answered; the rest is then sent in the background. Never throws.
   */
  async sendAll(): Promise<void> {
    const { state, journal, signal, patienceMs = PATIENCE_MS } = this.#options;
    const folder = spoolFolder(state);
    try {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      const all = this.#sendEach(await readdir(folder));
      const enough = this.#reached.promise.then(() => sleep(patienceMs, undefined, { signal, ref: false }));
      await untilAborted(Promise.race([all, enough]), signal);
    } catch (error) {
      // Builds don't depend on this: without the folder, lines are in memory only, which their attempts report.
      if (!signal.aborted) journal.error('Lines on disk could not be read', { error: describeError(error) });
    }
  }

  /** Sends what an attempt has left, in the background. Never throws. */
  async send(ref: AttemptRef): Promise<void> {
    const { journal, backoff = BACKOFF, signal } = this.#options;
    const own = new AbortController();
    this.#underWay.set(keyOf(ref), own);
    try {
      const outcome = await retry(() => this.#try(ref, own.signal), {
        isTransient: (result) => typeof result === 'object',
        pauseAfter: (tries) => (tries < TRIES ? fullJitter(tries, backoff) : undefined),
        onRetry: (result, tries) => {
          const reason = typeof result === 'object' ? result.failed : result;
          if (tries === 1)
            journal.warn('Lines of an attempt could not be sent. Trying again', { ...ref, reason });
        },
        signal: AbortSignal.any([signal, own.signal]),
      });
      if (typeof outcome === 'string' && !own.signal.aborted) await rm(this.#path(ref), { force: true });
    } catch (error) {
      // The process ends, or the attempt has been granted again; anything else is worth knowing.
      if (!signal.aborted && !own.signal.aborted)
        journal.error('Lines of an attempt could not be sent', { ...ref, error: describeError(error) });
    } finally {
      if (this.#underWay.get(keyOf(ref)) === own) this.#underWay.delete(keyOf(ref));
    }
  }

  /** The attempt runs. Should it be one that an earlier process had, new lines take those numbers now. */
  begin(ref: AttemptRef) {
    this.#running.add(keyOf(ref));
    this.#underWay.get(keyOf(ref))?.abort();
  }

  /** The attempt has ended. */
  end(ref: AttemptRef) {
    this.#running.delete(keyOf(ref));
  }

  async #sendEach(names: readonly string[]): Promise<void> {
    const { state } = this.#options;
    for (const name of names.toSorted()) {
      const ref = attemptOfSpool(name);
      const path = join(spoolFolder(state), name);
      if (ref === null || (await isOld(path))) await rm(path, { recursive: true, force: true });
      else if (!this.#running.has(keyOf(ref))) await this.send(ref);
    }
  }

  async #try(ref: AttemptRef, signal: AbortSignal): Promise<Outcome> {
    const { journal } = this.#options;
    const bytes = await readFile(this.#path(ref));
    const known = await this.#post(ref, { lines: [], complete: false }, signal);
    if (!('seq' in known)) return known.outcome;
    const batches = spooledBatches(bytes, known.seq);
    let sent = 0;
    for (;;) {
      const next = batches.next();
      if (next.done) {
        const last = await this.#post(ref, { lines: [], complete: next.value }, signal);
        if (!('seq' in last)) return last.outcome;
        journal.info('Sent the lines that an attempt had left', { ...ref, lines: sent });
        return 'sent';
      }
      const lines = next.value;
      const answer = await this.#post(ref, { lines, complete: false }, signal);
      if (!('seq' in answer)) return answer.outcome;
      if (answer.seq < (lines.at(-1)?.seq ?? 0)) {
        journal.warn('The edge did not take the lines that an attempt had left', { ...ref });
        return 'refused';
      }
      sent += lines.length;
    }
  }

  /** Sends one request. What can't be helped by another try is `refused`. */
  async #post(ref: AttemptRef, body: RecoveredLines, signal: AbortSignal): Promise<Answer> {
    const { url, credential, journal } = this.#options;
    const { deploymentId, attempt } = ref;
    try {
      const response = await request(
        new URL(`/api/deployments/${deploymentId}/attempts/${attempt}/lines`, url),
        {
          method: 'POST',
          headers: { 'content-type': 'application/json', authorization: `Bearer ${credential}` },
          body: JSON.stringify(body),
          signal: AbortSignal.any([signal, this.#options.signal, AbortSignal.timeout(TIMEOUT_MS)]),
        },
      );
      const { statusCode, headers } = response;
      const isFromEdge = String(headers['content-type']).startsWith('application/json');
      if (isFromEdge || !UNREACHABLE.has(statusCode)) this.#reached.resolve();
      if (statusCode === 200) return RecoveredSeq.parse(await response.body.json());
      await response.body.dump();
      if (statusCode === 429 || statusCode >= 500) return { outcome: { failed: `status ${statusCode}` } };
      // The deployment has ended or is gone, or the edge is older than this runner.
      journal.info('The edge takes no more lines of an attempt', { ...ref, status: statusCode });
      return { outcome: 'refused' };
    } catch (error) {
      signal.throwIfAborted();
      this.#options.signal.throwIfAborted();
      return { outcome: { failed: error instanceof Error ? error.message : String(error) } };
    }
  }

  #path(ref: AttemptRef): string {
    return spoolPath(this.#options.state, ref);
  }
}

const keyOf = ({ deploymentId, attempt }: AttemptRef) => `${deploymentId}/${attempt}`;

async function isOld(path: string): Promise<boolean> {
  const { mtimeMs } = await stat(path);
  return Date.now() - mtimeMs > KEEP_MS;
}
