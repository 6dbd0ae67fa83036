/** What hosts are shown of a deployment, from its record. Pure. */
import type { Deployment } from '@appflux/protocol';
import { budgetLine, exceeded } from '../budgets/check.ts';
import type { DeploymentRecord } from '../metadata/metadata.ts';
import type { Annotation, ReportFacts, ReportState } from './host-client.ts';

/** A whole object name: hosts know commits by nothing shorter. */
const WHOLE_COMMIT = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;

/** The longest message that is passed on, in characters. */
const MAX_MESSAGE = 2000;

/**
 * The facts of a record after its `seq`-th change; null when there is nothing to show them at: it was not built from a
 * commit, or that is not known yet. `shown` is the same deployment as the API shows it.
 */
export function reportFacts(
  record: DeploymentRecord,
  seq: number,
  shown: Pick<Deployment, 'urls'>,
  place: { publicUrl: string; annotations: Annotation[] },
): ReportFacts | null {
  const { commitHash, uploadId, pullRequest, failure } = record;
  if (commitHash === null || uploadId !== null || !WHOLE_COMMIT.test(commitHash)) return null;
  const state = stateOf(record);
  const overBudget = exceeded(record.budgets ?? []).map(budgetLine);
  const site = shown.urls.site ?? null;
  const page = shown.urls.page ?? null;
  return {
    deploymentId: record.id,
    seq,
    app: { id: record.appId, slug: record.app.slug, name: record.app.name },
    environment: record.environment,
    state,
    commit: commitHash,
    branch: record.branch,
    pullRequest: pullRequest === null ? null : { number: pullRequest.number },
    failure:
      failure === null
        ? null
        : { code: failure.code, message: failure.message.slice(0, MAX_MESSAGE), hint: failure.hint },
    annotations: place.annotations,
    skipped: record.skipped?.reason ?? null,
    ...(overBudget.length === 0 ? {} : { overBudget }),
    urls: {
      log: `${place.publicUrl}/deployments/${record.id}`,
      site,
      page,
      qr: state === 'success' ? `${place.publicUrl}/qr/${record.id}.svg` : null,
    },
    createdAt: record.createdAt,
    startedAt: record.startedAt,
    finishedAt: record.finishedAt,
    durationSeconds: record.durationSeconds,
  };
}

function stateOf({ status, skipped, approval }: DeploymentRecord): ReportState {
  switch (status) {
    case 'queued':
      return approval?.state === 'required' ? 'approval' : 'queued';
    // What is being canceled is reported once it is.
    case 'building':
    case 'canceling':
      return 'building';
    case 'canceled':
      return skipped === null || skipped === undefined ? 'canceled' : 'skipped';
    default:
      return status;
  }
}
