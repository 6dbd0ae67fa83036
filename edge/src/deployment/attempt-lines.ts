/**
 * The log lines of the current attempt: checked, passed on to viewers at once, gathered, written, acked.
 *
 * A write costs the same whatever its size, so lines are gathered until the runner asks for an ack (`sync`), which it
 * does when it has waited long enough, or until they are many. Until the ack the runner keeps them too. No timer of
 * this object's is in it: one that runs keeps the object from hibernating, and awake it is billed by the second.
 */
import type { DeploymentToRunner, RunnerToDeployment } from '@appflux/protocol';
import { isContiguous, type LogStore } from '../logs/store.ts';
import type { Viewers } from '../logs/viewers.ts';

/**
 * What nobody asked to write is written after this long, in milliseconds: a runner that falls silent in the middle of
 * its lines may never ask. Shorter than the 10 seconds after which an idle object may hibernate and forget.
 */
const WRITE_WITHIN_MS = 8_000;

export interface AttemptLinesOptions {
  readonly log: () => LogStore;
  readonly viewers: Viewers;
  /** To the attempt's runner, wherever it is connected. */
  readonly toRunner: (frame: DeploymentToRunner) => void;
  /** The alarm is to ring by `writeBy`. */
  readonly rearm: () => void;
}

type Lines = Extract<RunnerToDeployment, { type: 'lines' }>['lines'];

export class AttemptLines {
  readonly #options: AttemptLinesOptions;
  /** The log that has lines which are not written yet. */
  #unwritten: LogStore | null = null;

  constructor(options: AttemptLinesOptions) {
    this.#options = options;
  }

  /** Takes the lines of a frame; `raw` is the frame as it came. Gives what has to be answered to it, or null. */
  take(lines: Lines, raw: string, now: number): DeploymentToRunner | 'misnumbered' | null {
    if (!isContiguous(lines)) return 'misnumbered';
    const { viewers } = this.#options;
    const log = this.#options.log();
    const last = lines.at(-1)?.seq ?? 0;
    if (log.isCut) return { type: 'ack', seq: last };
    if (log.exceeds(lines) && (lines[0]?.seq ?? 0) <= log.lastSeq + 1) {
      const marker = log.cut(now);
      viewers.lines([marker]);
      return { type: 'ack', seq: Math.max(last, marker.seq) };
    }
    const { lastSeq: before, writtenSeq } = log;
    const appended = log.append(lines, now);
    if (appended.kind === 'gap') return { type: 'resume', from: appended.expected };
    if (appended.kind === 'repeated') return { type: 'ack', seq: log.writtenSeq };
    const fresh = lines.filter((line) => line.seq > before);
    viewers.lines(fresh, fresh.length === lines.length ? raw : undefined);
    this.#unwritten = log;
    this.#options.rearm();
    return log.writtenSeq > writtenSeq ? { type: 'ack', seq: log.writtenSeq } : null;
  }

  /** Writes what has been gathered and acks it; the runner may be waiting for the ack of what was written before. */
  write(): void {
    const log = this.#options.log();
    log.flush();
    this.#unwritten = null;
    this.#options.toRunner({ type: 'ack', seq: log.writtenSeq });
  }

  /** When something has to be written at the latest, in Unix milliseconds; null when nothing has. */
  writeBy(): number | null {
    const since = this.#unwritten?.pendingSince ?? null;
    return since === null ? null : since + WRITE_WITHIN_MS;
  }

  /** Writes what has waited long enough by `now`. */
  writeDue(now: number): void {
    if ((this.writeBy() ?? Number.POSITIVE_INFINITY) <= now) this.write();
  }
}
