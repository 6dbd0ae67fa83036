/** The steps of a job, in the order in which they run. */
import type { Job, JobLimits, Plan, RunnerToDeployment, SizeBudget } from '@appflux/protocol';
import type { Text } from '../masking/sentence.ts';
import type {
  CollectedArtifact,
  FoundDetails,
  PreparedSource,
  Skip,
  StepContext,
  UsedImage,
} from '../step-context.ts';
import { type Outcome, outcomeOf, skipped, succeeded } from './outcome.ts';
import { Phases, type PhasesOptions } from './phases.ts';

/** What each step takes and gives; steps.ts has the real ones. Each may throw a JobFailure. */
export interface Steps {
  prepare(ctx: StepContext): Promise<PreparedSource>;
  scan(ctx: StepContext): Promise<void>;
  /** Gives the reasons of the plan, as they know what they quote. */
  detect(
    source: PreparedSource,
    ctx: StepContext,
  ): Promise<{
    plan: Plan;
    reasons?: readonly Text[];
    version: string | null;
    budgets?: readonly SizeBudget[];
  }>;
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
  | Extract<RunnerToDeployment, { type: 'phase' | 'source' | 'details' | 'budgets' }>
  | (Extract<RunnerToDeployment, { type: 'plan' }> & { readonly reasons?: readonly Text[] });

export interface PipelineOptions extends Omit<PhasesOptions, 'tell'> {
  readonly job: Job;
  readonly limits: JobLimits;
  readonly tell: (notice: Notice) => void;
}

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
      const { plan, reasons = plan.reasons, version, budgets = [] } = await steps.detect(source, ctx);
      tell({ type: 'plan', attempt, plan, reasons, version });
      if (budgets.length > 0) tell({ type: 'budgets', attempt, budgets: [...budgets] });
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
