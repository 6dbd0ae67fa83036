/** Which runners may build on their host. */
import { HOST_EXECUTOR_LABELS } from '@appflux/protocol';
import { RunnerProblem } from '../problem.ts';

/** Why a runner with these labels may not build on its host; null when it may. Pure. */
export function hostLabelProblem(labels: readonly string[]): RunnerProblem | null {
  if (labels.some((label) => HOST_EXECUTOR_LABELS.includes(label))) return null;
  return new RunnerProblem(
    'A runner with the executor host builds only what asks for it by a label, and this one has no such label',
    `Register it with --labels ${HOST_EXECUTOR_LABELS.join(' or --labels ')}, or add the label in the dashboard under Runners`,
  );
}
