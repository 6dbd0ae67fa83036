/** Failed deployments, grouped by their code. Pure. */
import type { FailureGroup } from '@appflux/protocol';
import type { Failed } from '../metadata/metrics.ts';

/** Groups those that failed at `since` (Unix milliseconds) or later, the most frequent first. */
export function failureGroups(failed: readonly Failed[], since: number): FailureGroup[] {
  const groups = new Map<string, FailureGroup>();
  for (const { code, finishedAt, deploymentId, teamId, app } of failed) {
    if (Date.parse(finishedAt) < since) continue;
    const known = groups.get(code);
    const count = (known?.count ?? 0) + 1;
    const newest =
      known !== undefined && known.lastAt >= finishedAt
        ? known
        : { code, lastAt: finishedAt, deploymentId, app: app.slug, teamId };
    groups.set(code, { ...newest, count });
  }
  return [...groups.values()].sort(
    (one, other) => other.count - one.count || (one.code < other.code ? -1 : 1),
  );
}
