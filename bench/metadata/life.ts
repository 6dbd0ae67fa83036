/** The events of a deployment, as its object reports them to metadata from the request to the archived log. */
import type { DeploymentRecord } from '../../edge/src/metadata/metadata.ts';

/** The states of a deployment whose last one is `ended`, oldest first. */
export function lifeOf(ended: DeploymentRecord): DeploymentRecord[] {
  const queued: DeploymentRecord = {
    ...ended,
    status: 'queued',
    phases: [],
    attempt: 0,
    runner: null,
    plan: null,
    failure: null,
    artifacts: [],
    version: null,
    startedAt: null,
    finishedAt: null,
    durationSeconds: null,
  };
  const building: DeploymentRecord = {
    ...queued,
    status: 'building',
    attempt: ended.attempt,
    runner: ended.runner,
    startedAt: ended.startedAt,
  };
  const phases = ended.phases.map((span, index) => ({
    ...building,
    phase: span.phase,
    phases: ended.phases.slice(0, index + 1),
    plan: index > 2 ? ended.plan : null,
  }));
  const logKey = `apps/${ended.appId}/${ended.id}/log.ndjson.gz`;
  return [queued, building, ...phases, ended, { ...ended, logKey }];
}
