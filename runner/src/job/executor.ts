/** What a runner builds with, as the steps of a job see it: containers (container-executor.ts) or its own host. */

import type { ExecutorKind, Job, JobLimits, Plan } from '@appflux/protocol';
import type { Settings } from '../config/settings.ts';
import type { Journal } from '../journal.ts';
import type { AttemptLog } from '../log/attempt-log.ts';
import type { Secrets } from '../masking/secrets.ts';
import { own } from '../masking/sentence.ts';
import type { AttemptFolder } from '../sandbox/attempt-folder.ts';
import type { Scanner } from '../scan/index.ts';
import type { PreparedSource, Skip, StepContext, UsedImage } from '../step-context.ts';
import type { Commands } from './stage-log.ts';

/** What the steps of every job need of their runner. */
export interface JobHost {
  readonly executor: Executor;
  readonly scanner: Scanner;
  readonly settings: Settings;
  readonly runnerId: string;
  readonly journal: Journal;
}

export interface BuildInput {
  readonly job: Job;
  readonly attempt: number;
  readonly plan: Plan;
  /** Asked before anything else; its success means that there is nothing to do. */
  readonly ignoreCommand: string | null;
  readonly source: PreparedSource;
  readonly folder: AttemptFolder;
  readonly limits: JobLimits;
  readonly secrets: Secrets;
  readonly log: AttemptLog;
  readonly onImage: (image: UsedImage) => void;
}

/** Runs the commands of builds. */
export interface Executor {
  readonly kind: ExecutorKind;
  /** What has to be said at the start of every log, and in the runner's own; null for nothing. */
  readonly warning: string | null;
  /** The plan that detection has made, as this executor carries it out. */
  planned(plan: Plan): Plan;
  /** Begins with an attempt, whose folders need not be there yet. What concerns it goes into its journal. */
  attempt(of: {
    readonly job: Job;
    readonly folder: AttemptFolder;
    readonly journal: Journal;
  }): AttemptExecutor;
  /** Removes an attempt's folders and all in them, whoever the build has written them as. */
  removeFolder(top: string): Promise<void>;
}

export interface AttemptExecutor {
  /**
   * Asks the ignore command, runs the install and the build command, and returns when they have ended well.
   * @returns why nothing was built, if the ignore command said that there is nothing to do
   * @throws {JobFailure} with the command's failure; the reason of `ctx.signal` if it aborts
   */
  build(input: BuildInput, ctx: StepContext): Promise<Skip | undefined>;
  /** Keeps what later builds of the app can use, once all has gone well. Never fails the deployment. */
  keep(ctx: StepContext): Promise<void>;
}

/** Runs a build's commands by `run`, unless it has none. */
export async function runIfAny(
  { plan, ignoreCommand }: Pick<BuildInput, 'plan' | 'ignoreCommand'>,
  run: (commands: Commands) => Promise<Skip | undefined>,
  ctx: StepContext,
): Promise<Skip | undefined> {
  const commands = { ignore: ignoreCommand, install: plan.installCommand, build: plan.buildCommand };
  const asIs = commands.install === null && commands.build === null;
  const skip = asIs && commands.ignore === null ? undefined : await run(commands);
  if (asIs && skip === undefined) {
    ctx.log(own('Nothing to install or build: the files are delivered as they are.'));
  }
  return skip;
}
