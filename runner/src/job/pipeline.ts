/** The steps of a job, in the order in which they run. */
import {
  formatElapsed,
  type Job,
  type JobLimits,
  type Phase,
  type Plan,
  type RunnerToDeployment,
} from '@appflux/protocol';
import type { AttemptLog } from '../log/attempt-log.ts';
import { own, say, type Text } from '../masking/sentence.ts';
import type {
  CollectedArtifact,
  FoundDetails,
  PreparedSource,
  Skip,
  StepContext,
  UsedImage,
} from '../step-context.ts';
import { type Trace, UNTRACED } from '../tracing/trace.ts';
import { type Outcome, outcomeOf, skipped, succeeded } from './outcome.ts';

/** What each step takes and gives; steps.ts has the real ones. Each may throw a JobFailure. */
export interface Steps {
  prepare(ctx: StepContext): Promise<PreparedSource>;
  scan(ctx: StepContext): Promise<void>;
  /** Gives the reasons of the plan, as they know what they quote. */
  detect(
    source: PreparedSource,
    ctx: StepContext,
  ): Promise<{ plan: Plan; reasons?: readonly Text[]; version: string | null }>;
  /** Gives why nothing was built, if the project said that there is nothing to do. Tells which image it uses. */
  build(
    source: PreparedSource,
    plan: Plan,
    ctx: StepContext,
    onImage: (image: UsedImage) => void,
  ): Promise<Skip | undefined>;
  collect(
    source: PreparedSource,
    plan: Plan,
    version: string | null,
    ctx: StepContext,
  ): Promise<CollectedArtifact[]>;
  /** What the download page shows besides files; null for an edge that does not keep it. */
  details?(artifacts: readonly CollectedArtifact[], ctx: StepContext): Promise<FoundDetails | null>;
  upload(artifacts: readonly CollectedArtifact[], ctx: StepContext): Promise<void>;
}

/** What a job tells the edge while it runs. The `reasons` of a plan take the place of those in it. */
export type Notice =
  | Extract<RunnerToDeployment, { type: 'phase' | 'source' | 'details' }>
  | (Extract<RunnerToDeployment, { type: 'plan' }> & { readonly reasons?: readonly Text[] });

export interface PipelineOptions {
  readonly job: Job;
  readonly attempt: number;
  readonly limits: JobLimits;
  readonly log: AttemptLog;
  readonly tell: (notice: Notice) => void;
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

/** Runs a job's steps. Never throws: whatever happens is an outcome. */
export async function runPipeline(steps: Steps, options: PipelineOptions): Promise<Outcome> {
  const { attempt, tell, log } = options;
  const phases = new Phases(options);
  try {
    const source = await phases.run('preparing', async (ctx) => {
      const prepared = await steps.prepare(ctx);
      const { commitHash, commitMessage, branch } = prepared;
      tell({ type: 'source', attempt, commitHash, commitMessage, branch });
      return prepared;
    });
    await phases.run('scanning', (ctx) => steps.scan(ctx));
    const { plan, reasons, version } = await phases.run('detecting', async (ctx) => {
      const { plan, reasons = plan.reasons, version } = await steps.detect(source, ctx);
      tell({ type: 'plan', attempt, plan, reasons, version });
      return { plan, reasons, version };
    });
    const built = await phases.run('building', async (ctx) => {
      const onImage = ({ digest, tools }: UsedImage) => {
        const known = digest === null ? plan : { ...plan, imageDigest: digest };
        tell({ type: 'plan', attempt, plan: { ...known, tools }, reasons, version });
      };
      const skip = await steps.build(source, plan, ctx, onImage);
      if (skip !== undefined) return skip;
      const artifacts = await steps.collect(source, plan, version, ctx);
      const details = (await steps.details?.(artifacts, ctx)) ?? null;
      if (details !== null) tell({ type: 'details', attempt, ...details });
      return { artifacts };
    });
    if ('reason' in built) return skipped(built);
    const { artifacts } = built;
    await phases.run('uploading', (ctx) => steps.upload(artifacts, ctx));
    return succeeded(artifacts);
  } catch (error) {
    return outcomeOf(error, options.signal.reason, phases.current, options.limits.timeoutSeconds);
  } finally {
    log.showEnd();
  }
}

/** Opens and closes phases: a frame for the edge, and two lines for the log. */
class Phases {
  readonly #options: PipelineOptions;
  current: Phase = 'preparing';

  constructor(options: PipelineOptions) {
    this.#options = options;
  }

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
