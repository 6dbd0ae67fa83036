/** The interface of executors, which run builds in containers (container-executor/) or on the host (host-executor/). */

import type { ManagerVersion } from '@appflux/detection';
import type { ExecutorKind, Job, JobLimits, Plan } from '@appflux/protocol';
import type { Settings } from '../config/settings.ts';
import type { Journal } from '../journal.ts';
import type { AttemptLog } from '../log/attempt-log.ts';
import type { Secrets } from '../masking/secrets.ts';
import { own } from '../masking/sentence.ts';
import type { AttemptFolder, TreeDisk } from '../sandbox/attempt-folder.ts';
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
  /** The version of the plan's package manager that the project wants; null leaves it to the image. */
  readonly managerVersion: ManagerVersion | null;
  /** Runs first; its success skips the build. */
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
  /** A warning at the start of every log and in the runner's journal; null for none. */
  readonly warning: string | null;
  /** The plan that detection has made, as this executor carries it out. */
  planned(plan: Plan): Plan;
  /** Where an attempt's folders are; nothing is made yet, or only empty ones. `removeFolder` has to follow. */
  folder(of: { readonly job: Job; readonly attempt: number; readonly limits: JobLimits }): AttemptFolder;
  /** Opens an attempt, whose folders need not exist yet. Its errors go to its journal. */
  attempt(of: {
    readonly job: Job;
    readonly folder: AttemptFolder;
    readonly journal: Journal;
  }): AttemptExecutor;
  /** Resolves when nothing of an attempt runs any more. @throws the engine's error */
  settled(folder: AttemptFolder): Promise<void>;
  /** Removes an attempt's folders with all contents, whichever user the build wrote them as. */
  removeFolder(top: string): Promise<void>;
}

export interface AttemptExecutor {
  /** Makes the attempt's folders, all of them empty. */
  makeFolder(disk: TreeDisk): Promise<void>;
  /**
   * Asks the ignore command, runs the install and the build command, and returns when they have ended well.
   * @returns why nothing was built, if the ignore command said that there is nothing to do
   * @throws {JobFailure} with the command's failure; the reason of `ctx.signal` if it aborts
   */
  build(input: BuildInput, ctx: StepContext): Promise<Skip | undefined>;
  /** Saves the cache after a success. Never fails the deployment. */
  keep(ctx: StepContext): Promise<void>;
}

/** Runs a build's commands by `run`, unless it has none. */
export async function runIfAny(
  { plan, ignoreCommand }: Pick<BuildInput, 'plan' | 'ignoreCommand'>,
  run: (commands: Commands) => Promise<Skip | undefined>,
  ctx: StepContext,
): Promise<Skip | undefined> {
  const commands = { ignore: ignoreCommand, install: plan.installCommand, build: plan.buildCommand };
  const asIs = commands.install === null && commands.build === null && plan.server === undefined;
  const skip = asIs && commands.ignore === null ? undefined : await run(commands);
  if (asIs && skip === undefined) {
    ctx.log(own('Nothing to install or build: the files are delivered as they are.'));
  }
  return skip;
}
