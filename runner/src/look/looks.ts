/** The looks that a runner has been asked for: a few at a time, each in folders of its own, beside its builds. */
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { DetectionFailure } from '@appflux/detection';
import {
  FAILURE_ADVICE,
  type LookError,
  LookFindings,
  type LookOutcome,
  type LookTask,
} from '@appflux/protocol';
import type { Settings } from '../config/settings.ts';
import { CredentialTrouble } from '../job/prepare/git/errors.ts';
import { describeError, type Journal } from '../journal.ts';
import { maskWith } from '../masking/mask.ts';
import { Secrets } from '../masking/secrets.ts';
import { type Mask, own, type Text } from '../masking/sentence.ts';
import { WORK_FOLDER } from '../sandbox/attempt-folder.ts';
import { JobFailure } from '../step-context.ts';
import { fitted } from './fit.ts';
import { lookAt } from './look.ts';

/** How many run at the same time. They use little but the network and the disk. */
const AT_A_TIME = 2;

/** How many wait. The edge distributes no more than that to all runners of a team. */
const MOST_WAITING = 40;

/** How long one may take, in milliseconds, with everything. */
const WITHIN_MS = 90_000;

/** How many ended ones are remembered, so that their outcome can be reported again. */
const REMEMBERED = 20;

export interface LooksOptions {
  readonly settings: Pick<Settings, 'state' | 'allowPrivateSources'>;
  readonly journal: Journal;
  /** Aborts when the runner ends: nothing is reported then. */
  readonly signal: AbortSignal;
  readonly report: (id: string, outcome: LookOutcome) => void;
}

export class Looks {
  readonly #options: LooksOptions;
  readonly #waiting: LookTask[] = [];
  readonly #running = new Map<string, Promise<void>>();
  readonly #over = new Map<string, LookOutcome>();

  constructor(options: LooksOptions) {
    this.#options = options;
  }

  /** Takes a look. One that is at hand goes on; the outcome of one that has ended is reported again. */
  take(task: LookTask): void {
    const { id } = task;
    const outcome = this.#over.get(id);
    if (outcome !== undefined) {
      this.#options.report(id, outcome);
      return;
    }
    if (this.#running.has(id) || this.#waiting.some((other) => other.id === id)) return;
    if (this.#waiting.length >= MOST_WAITING) {
      this.#options.report(id, { error: errorOf(TOO_MANY, String) });
      return;
    }
    this.#waiting.push(task);
    this.#next();
  }

  /** Resolves when none is running. To be called after the signal has aborted. */
  async ended(): Promise<void> {
    await Promise.all(this.#running.values());
  }

  #next(): void {
    while (this.#running.size < AT_A_TIME && !this.#options.signal.aborted) {
      const task = this.#waiting.shift();
      if (task === undefined) return;
      const done = this.#run(task).finally(() => {
        this.#running.delete(task.id);
        this.#next();
      });
      this.#running.set(task.id, done);
    }
  }

  async #run(task: LookTask): Promise<void> {
    const { signal, report } = this.#options;
    const outcome = await this.#look(task);
    if (signal.aborted) return;
    this.#over.set(task.id, outcome);
    const [oldest] = this.#over.keys();
    if (this.#over.size > REMEMBERED && oldest !== undefined) this.#over.delete(oldest);
    report(task.id, outcome);
  }

  async #look(task: LookTask): Promise<LookOutcome> {
    const { settings, journal, signal } = this.#options;
    const top = join(settings.state, WORK_FOLDER, `look-${task.id}`);
    const mask = maskWith(new Secrets([task.token ?? '', task.access.ssh?.privateKey ?? '']));
    const timer = AbortSignal.timeout(WITHIN_MS);
    try {
      await mkdir(top, { recursive: true, mode: 0o700 });
      const workspace = { source: join(top, 'source'), scratch: join(top, 'scratch') };
      const options = { allowPrivateSources: settings.allowPrivateSources, mask };
      const ctx = { log: () => undefined, signal: AbortSignal.any([signal, timer]) };
      // What the edge would refuse would end this runner's connection.
      return { findings: LookFindings.parse(fitted(await lookAt(task, workspace, options, ctx))) };
    } catch (error) {
      const failure = timer.aborted ? TOO_SLOW : failureOf(error);
      if (failure.code === 'internal')
        journal.error('A look at a repository failed', { id: task.id, error: mask(describeError(error)) });
      return { error: errorOf(failure, mask) };
    } finally {
      await rm(top, { recursive: true, force: true }).catch((error: unknown) =>
        // The next start removes it.
        journal.error('The folder of a look could not be removed', {
          id: task.id,
          error: describeError(error),
        }),
      );
    }
  }
}

const TOO_MANY = new JobFailure('source_unavailable', own('Too many repositories are being looked at.'), {
  hint: own('Try again in a minute.'),
});

const TOO_SLOW = new JobFailure(
  'source_unavailable',
  own(`Looking at the repository took longer than ${WITHIN_MS / 1000} seconds.`),
  { hint: own('Try again later, or create the app without looking: the build has more time.') },
);

function failureOf(error: unknown): JobFailure {
  if (error instanceof JobFailure) return error;
  if (error instanceof DetectionFailure)
    return new JobFailure(error.code, error.message, error.hint === undefined ? {} : { hint: error.hint });
  return new JobFailure('internal', own('Unexpected error in the runner while looking at the repository'));
}

function errorOf(failure: JobFailure, mask: Mask): LookError {
  const { code, message, hint } = failure.toReport(null);
  const text = (value: Text) => mask(value).slice(0, 2000);
  return {
    code,
    message: text(message),
    hint: text(hint ?? FAILURE_ADVICE[code]),
    ...(failure.cause instanceof CredentialTrouble && { credential: failure.cause.credential }),
  };
}
