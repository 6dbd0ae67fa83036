/** The phases of an attempt. */
import { formatElapsed, type Phase, type RunnerToDeployment } from '@appflux/protocol';
import type { AttemptLog } from '../log/attempt-log.ts';
import { own, say } from '../masking/sentence.ts';
import type { StepContext } from '../step-context.ts';
import { type Trace, UNTRACED } from '../tracing/trace.ts';

export interface PhasesOptions {
  readonly attempt: number;
  readonly log: AttemptLog;
  readonly tell: (notice: Extract<RunnerToDeployment, { type: 'phase' }>) => void;
  readonly signal: AbortSignal;
  /** Where the spans of phases begin; absent where nothing is traced. */
  readonly trace?: Trace | undefined;
  /** How long a step may take to stop after its signal aborts, in milliseconds. */
  readonly patienceMs?: number;
}

const TITLES: Readonly<Record<Phase, string>> = {
  preparing: 'Preparing',
  scanning: 'Scanning',
  detecting: 'Detecting',
  building: 'Building',
  uploading: 'Uploading',
};

/** A step that does not stop in this time is left behind: its attempt's slot is needed. */
const PATIENCE_MS = 120_000;

/** Opens and closes phases: a frame for the edge, and two lines for the log. */
export class Phases {
  readonly #options: PhasesOptions;
  /** The phase that was entered last. */
  current: Phase = 'preparing';

  constructor(options: PhasesOptions) {
    this.#options = options;
  }

  /** Does the work of a phase. Throws what the work throws, or the signal's reason. */
  async run<T>(phase: Phase, work: (ctx: StepContext) => Promise<T>): Promise<T> {
    const { attempt, log, tell, signal, trace = UNTRACED, patienceMs } = this.#options;
    signal.throwIfAborted();
    this.current = phase;
    log.enterPhase(phase);
    tell({ type: 'phase', attempt, phase, at: new Date().toISOString() });
    const title = own(TITLES[phase]);
    log.write(say`${title}…`);
    const startedAt = performance.now();
    const took = () => own(formatElapsed(performance.now() - startedAt));
    const span = trace.begin(phase);
    const ctx: StepContext = { signal, trace: span, log: (text, stream) => log.write(text, stream) };
    try {
      const result = await stoppable(work(ctx), signal, patienceMs ?? PATIENCE_MS);
      log.showEnd();
      log.write(say`${title} done in ${took()}.`);
      span.end();
      return result;
    } catch (error) {
      log.showEnd();
      log.write(say`${title} ${own(signal.aborted ? 'stopped' : 'failed')} after ${took()}.`);
      span.end(error);
      throw error;
    }
  }
}

/** Waits for a step; once the signal has aborted, no longer than `patienceMs` more. */
async function stoppable<T>(work: Promise<T>, signal: AbortSignal, patienceMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  let onAbort: (() => void) | undefined;
  const abandoned = new Promise<never>((_, reject) => {
    onAbort = () => {
      timer = setTimeout(() => reject(signal.reason), patienceMs);
    };
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    return await Promise.race([work, abandoned]);
  } finally {
    clearTimeout(timer);
    if (onAbort !== undefined) signal.removeEventListener('abort', onAbort);
  }
}
