/** What there is to report of a deployment, and which hooks of its team report it. Pure. */
import type { NotificationEvent } from '@appflux/protocol';
import { isSuperseded } from '../deployment/superseded.ts';
import type { HookRecord } from '../metadata/hooks.ts';
import type { DeploymentRecord } from '../metadata/metadata.ts';

/** How old news may be, in milliseconds: a repair may report a deployment again that ended long ago. */
const MAX_AGE_MS = 7 * 24 * 3_600_000;

/** Something about a deployment that hooks can report. */
export interface Outcome {
  event: NotificationEvent;
  /** Tells it apart from other outcomes of the same deployment; each is reported once. */
  key: string;
  /** When it happened, ISO 8601. */
  at: string;
}

/** What there is to report of a deployment as it stands; null for nothing, or nothing recent. */
export function outcomeOf(
  record: DeploymentRecord,
  cancelReason: string | null,
  now: number,
): Outcome | null {
  const outcome = currentOutcome(record, cancelReason);
  return outcome === null || now - Date.parse(outcome.at) > MAX_AGE_MS ? null : outcome;
}

function currentOutcome(record: DeploymentRecord, cancelReason: string | null): Outcome | null {
  const { status, skipped, waiting, createdAt, finishedAt } = record;
  const at = finishedAt ?? createdAt;
  switch (status) {
    case 'success':
      return { event: 'deployment.succeeded', key: 'succeeded', at };
    case 'failed':
      return { event: 'deployment.failed', key: 'failed', at };
    case 'canceled':
      // Nobody waits for what was never built, or for what a newer push has replaced.
      if (skipped !== null || isSuperseded(cancelReason)) return null;
      return { event: 'deployment.canceled', key: 'canceled', at };
    case 'queued':
      if (waiting === null) return null;
      return { event: 'deployment.waiting', key: `waiting for ${waiting.reason}`, at: waiting.since };
    default:
      return null;
  }
}

/**
 * The deployments among which the first success after a failure is a recovery: those of the same app and environment, and
 * of a preview's branch.
 */
export const comparedWith = ({ appId, environment, branch, createdAt }: DeploymentRecord) => ({
  appId,
  environment,
  ...(environment === 'preview' && branch !== null ? { branch } : {}),
  before: createdAt,
});

/** Whether a hook is about this deployment: it is enabled, covers the app and environment, and was there in time. */
export const covers = (hook: HookRecord, record: DeploymentRecord, { event, at }: Outcome): boolean =>
  hook.enabled &&
  // What waits has waited for a while already.
  (event === 'deployment.waiting' || hook.createdAt <= at) &&
  (hook.apps.length === 0 || hook.apps.includes(record.app.slug)) &&
  (hook.environments.length === 0 || hook.environments.includes(record.environment));

/**
 * The events of an outcome that a hook sends. A program that receives webhooks gets each event that it asked for; people
 * get one message, which says that the deployment has recovered if they asked for that.
 */
export function eventsFor(
  { kind, events }: Pick<HookRecord, 'kind' | 'events'>,
  outcome: Outcome,
  isRecovery: boolean,
): NotificationEvent[] {
  const all: NotificationEvent[] = isRecovery ? ['deployment.recovered', outcome.event] : [outcome.event];
  const wanted = all.filter((event) => events.includes(event));
  return kind === 'webhook' ? wanted : wanted.slice(0, 1);
}
