/** What there is to report of a deployment, and which hooks of its team report it. Pure. */
import type { NotificationEvent } from '@appflux/protocol';
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
export function outcomeOf(record: DeploymentRecord, now: number): Outcome | null {
  const outcome = currentOutcome(record);
  return outcome === null || now - Date.parse(outcome.at) > MAX_AGE_MS ? null : outcome;
}

function currentOutcome(record: DeploymentRecord): Outcome | null {
  const at = record.finishedAt ?? record.createdAt;
  switch (record.status) {
    case 'success':
      return { event: 'deployment.succeeded', key: 'succeeded', at };
    case 'failed':
      return { event: 'deployment.failed', key: 'failed', at };
    case 'canceled':
      return { event: 'deployment.canceled', key: 'canceled', at };
    default:
      return null;
  }
}

/** Whether a hook is about this deployment: it is enabled, covers the app and environment, and was there in time. */
export const covers = (hook: HookRecord, record: DeploymentRecord, { at }: Outcome): boolean =>
  hook.enabled &&
  hook.createdAt <= at &&
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
