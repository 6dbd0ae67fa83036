/** A runner that is connected, and what it may build. Pure. */
import { type ExecutorKind, HOST_EXECUTOR_LABELS, type RunnerDisk } from '@appflux/protocol';
import type { Demand } from './waiting-job.ts';

/** With what it may be given (protocol/src/runner-capacity.ts). */
export interface OnlineRunner {
  id: string;
  name: string;
  labels: readonly string[];
  slots: number;
  busy: number;
  draining: boolean;
  /** Labels that it asks for and is not registered for. */
  refused?: readonly string[];
  /** `docker` where it says nothing. */
  executor?: ExecutorKind | undefined;
  /** Its disk, if it reports that. */
  disk?: RunnerDisk;
}

type Builder = Pick<OnlineRunner, 'labels' | 'executor'>;

/** Whether a runner may build what a job needs. */
export const suits = (runner: Builder, demand: Demand): boolean =>
  hasLabels(runner, demand) && mayBuild(runner, demand);

export const hasLabels = ({ labels }: Pick<OnlineRunner, 'labels'>, demand: Demand): boolean =>
  demand.labels.every((label) => labels.includes(label));

/**
 * A runner without a sandbox builds nothing by accident: the App itself has to ask for one of the labels that say so. It
 * never builds a stranger's code, which could read all that its user can.
 */
const mayBuild = (runner: Builder, demand: Demand) =>
  runner.executor !== 'host' ||
  (!demand.isUntrusted &&
    demand.labels.some((label) => HOST_EXECUTOR_LABELS.includes(label) && runner.labels.includes(label)));

/** Whether a runner may be given another build, if it has a slot. */
export const takesBuilds = ({ draining, disk }: Pick<OnlineRunner, 'draining' | 'disk'>): boolean =>
  !draining && disk?.low !== true;
