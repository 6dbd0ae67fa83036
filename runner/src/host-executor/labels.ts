/** Checks whether a runner may build on its host. */
import { HOST_EXECUTOR_LABELS } from '@appflux/protocol';
import { RunnerProblem } from '../problem.ts';

/** Why a runner with these labels may not build on its host; null when it may. Pure. */
export function hostLabelProblem(labels: readonly string[]): RunnerProblem | null {
  if (labels.some((label) => HOST_EXECUTOR_LABELS.includes(label))) return null;
  return new RunnerProblem(
    'A runner with executor host only accepts builds that request one of its labels, and this one has none',
    `Register it with --labels ${HOST_EXECUTOR_LABELS.join(' or --labels ')}, or add the label in the dashboard under Runners`,
  );
}
