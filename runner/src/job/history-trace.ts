/** Notices when a build asks a shallow repository for its history, which answers in silence with what little it has. */
import { join } from 'node:path';
import { own, say } from '../masking/sentence.ts';
import type { PreparedSource, StepContext, Workspace } from '../step-context.ts';
import { smallText } from './collect/small-text.ts';
import { callsInTrace } from './history-calls.ts';

/** Beside the repository's own files: Git leaves it alone, and no build delivers it. */
const TRACE = 'appflux-trace';
const TRACE_BYTES = 4 * 1024 ** 2;

/**
 * Variables by which Git writes down the commands that a build runs (GIT_TRACE2_EVENT, git(1)); none for a source with
 * all of its history.
 * @param top the source as the build sees it.
 */
export function traceVariables(source: PreparedSource, top: string): Record<string, string> {
  if (source.isShallow !== true) return {};
  return {
    GIT_TRACE2_EVENT: `${top}/.git/${TRACE}`,
    GIT_TRACE2_EVENT_NESTING: '1',
    GIT_TRACE2_EVENT_BRIEF: '1',
  };
}

/** Tells the log of commands that a shallow repository can't answer rightly. */
export async function warnOfHistory(
  source: PreparedSource,
  workspace: Workspace,
  ctx: Pick<StepContext, 'log'>,
): Promise<void> {
  if (source.isShallow !== true) return;
  const trace = await smallText(join(workspace.source, '.git', TRACE), TRACE_BYTES);
  const calls = callsInTrace(trace ?? '');
  if (calls.length === 0) return;
  const shown = calls.map((call) => `\`${call}\``).join(', ');
  ctx.log(
    say`The build ran ${shown} in a clone without the whole history. Counts, dates and tags from it can be wrong or missing. ${own('To fetch the history, set the app’s clone depth to “full” (source.depth).')}`,
  );
}
