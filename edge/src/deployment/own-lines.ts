/** What AppFlux itself says in the log of a deployment. Pure. */
import { formatBytes, LEASE_MS, type SizeBudgetResult } from '@appflux/protocol';
import { budgetLine, exceeded } from '../budgets/check.ts';
import type { Effect } from './lifecycle.ts';
import type { State } from './state.ts';

/**
 * A line where the output of an attempt may end too early. A runner that lost its connection stops its build within a
 * lease's time, so that is the most that it can have kept to itself.
 */
export function missing({ attempt, lease }: State, mayFollow: boolean): Effect[] {
  if (lease?.output !== 'open') return [];
  const follows = mayFollow ? ' If its runner returns before the deployment ends, it sends them.' : '';
  const text = `Up to ${LEASE_MS / 1000} seconds of output of attempt ${attempt} may be missing here.${follows}`;
  return [{ type: 'say', text }];
}

/** The log ends with a line that says how the deployment did. */
export function lastWords(state: State, status: 'success' | 'failed' | 'canceled'): Effect[] {
  switch (status) {
    case 'success':
      return exceeded(state.budgets ?? []).map((result) => ({
        type: 'say',
        text: `Warning: over a size budget. ${budgetLine(result)}${largestOf(result)}`,
      }));
    case 'canceled':
      return [{ type: 'say', text: `Canceled: ${state.cancelReason ?? 'no reason was given'}` }];
    case 'failed':
      return state.failure === null
        ? []
        : [
            ...exceeded(state.budgets ?? []).map(
              (result): Effect => ({
                type: 'say',
                text: `Over a size budget. ${budgetLine(result)}${largestOf(result)}`,
              }),
            ),
            {
              type: 'say',
              text: `Failed (${state.failure.code}): ${state.failure.message}. ${state.failure.hint}`,
            },
          ];
  }
}

/** The files that take most of a budget, the largest first. */
function largestOf({ largest }: SizeBudgetResult): string {
  const files = largest.map(({ name, bytes }) => `${name} (${formatBytes(bytes)})`);
  return files.length === 0 ? '' : `. Largest: ${files.join(', ')}`;
}
