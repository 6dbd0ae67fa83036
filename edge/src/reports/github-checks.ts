/** A deployment as a check run of GitHub. Pure. Source: https://docs.github.com/en/rest/checks/runs */
import { MAX_ANNOTATIONS, type ReportFacts, type ReportState } from './host-client.ts';
import { cut, escaped, stateName, statusContext, statusUrl } from './text.ts';

/** The longest summary that is written, in characters; GitHub takes 65,535. */
const MAX_SUMMARY = 4000;

/** The longest message of an annotation, in characters; GitHub takes 64 KB. */
const MAX_MESSAGE = 2000;

type Progress =
  | { status: 'queued' | 'in_progress' }
  | { status: 'completed'; conclusion: 'success' | 'failure' | 'cancelled' | 'skipped' };

const STATES: Readonly<Record<ReportState, Progress>> = {
  queued: { status: 'queued' },
  approval: { status: 'queued' },
  building: { status: 'in_progress' },
  success: { status: 'completed', conclusion: 'success' },
  failed: { status: 'completed', conclusion: 'failure' },
  canceled: { status: 'completed', conclusion: 'cancelled' },
  skipped: { status: 'completed', conclusion: 'skipped' },
};

/** The body that makes or changes the check run of a deployment. */
export function checkRun(facts: ReportFacts) {
  const { state, startedAt, finishedAt } = facts;
  const progress = STATES[state];
  return {
    name: statusContext(facts),
    head_sha: facts.commit,
    // What comes back when somebody asks for the check again, and what a lost answer is found by.
    external_id: facts.deploymentId,
    details_url: statusUrl(facts),
    ...progress,
    ...(startedAt === null ? {} : { started_at: startedAt }),
    ...(progress.status === 'completed' && finishedAt !== null ? { completed_at: finishedAt } : {}),
    output: {
      title: stateName(state),
      summary: summaryOf(facts),
      ...(facts.annotations.length === 0 ? {} : { annotations: annotationsOf(facts) }),
    },
  };
}

/** What the page of the check shows, in Markdown. */
function summaryOf({ app, failure, skipped, overBudget = [], urls }: ReportFacts): string {
  const lines = [`**${escaped(cut(app.name, 120))}**`];
  if (failure !== null) lines.push(escaped(cut(failure.message, 1000)), escaped(cut(failure.hint, 1000)));
  if (skipped !== null) lines.push(escaped(cut(skipped, 500)));
  if (overBudget.length > 0) {
    const items = overBudget.map((line) => `- ${escaped(cut(line, 300))}`);
    lines.push(['Size budgets that are exceeded:', '', ...items].join('\n'));
  }
  lines.push(`[View log](<${urls.log}>)`);
  const result = urls.site ?? urls.page;
  if (result !== null) lines.push(`[Open](<${result}>)`);
  return lines.join('\n\n').slice(0, MAX_SUMMARY);
}

function annotationsOf({ annotations }: ReportFacts) {
  return annotations.slice(0, MAX_ANNOTATIONS).map(({ path, line, column, message }) => ({
    path,
    start_line: line,
    end_line: line,
    ...(column === null ? {} : { start_column: column, end_column: column }),
    annotation_level: 'failure',
    message: cut(message, MAX_MESSAGE),
  }));
}
