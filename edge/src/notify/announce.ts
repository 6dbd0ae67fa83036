/** Telling a team's hooks about a deployment. */
import type { NotificationEvent } from '@appflux/protocol';
import { addressesOf, toDeployment } from '../deployment/record.ts';
import type { Env } from '../env.ts';
import type { HookRecord } from '../metadata/hooks.ts';
import { DEPLOYMENT_DEFAULTS, type DeploymentRecord, type Metadata } from '../metadata/metadata.ts';
import { type ObjectStub, objectStub } from '../objects/stub.ts';
import { sha256Hex } from '../secrets/tokens.ts';
import { bodyOf } from './body.ts';
import { comparedWith, covers, eventsFor, type Outcome, outcomeOf } from './decide.ts';
import type { NotificationObject } from './object.ts';

/** The object of a hook. */
export const notificationsOf = (
  env: Pick<Env, 'NOTIFICATIONS'>,
  hookId: string,
): ObjectStub<NotificationObject> =>
  objectStub(() => env.NOTIFICATIONS.getByName(hookId), {
    enqueue: 'repeat',
    // Repeated, it would send two.
    sendTest: 'once',
    redeliver: 'repeat',
    list: 'repeat',
    last: 'repeat',
    restart: 'repeat',
    destroy: 'repeat',
  });

/**
 * Hands what there is to report of a deployment to the hooks of its team, whose objects send it. Repeated for the same
 * deployment and event it changes nothing, and for most changes of a deployment there is nothing to do.
 * @param cancelReason why it was canceled; null unless it was
 */
export async function announce(
  { env, metadata }: { env: Env; metadata: Metadata },
  news: DeploymentRecord,
  cancelReason: string | null,
): Promise<void> {
  const record = { ...DEPLOYMENT_DEFAULTS, ...news };
  const outcome = outcomeOf(record, cancelReason, Date.now());
  if (outcome === null) return;
  const hooks = (await metadata.hooks.list(record.ownerId)).filter((hook) => covers(hook, record, outcome));
  if (hooks.length === 0) return;
  const isRecovery = await hasRecovered(metadata, record, outcome, hooks);
  const deployment = toDeployment(record, addressesOf(env));
  await Promise.all(
    hooks.flatMap((hook) =>
      eventsFor(hook, outcome, isRecovery).map(async (event) => {
        const id = await deliveryId(hook.id, record.id, event, outcome);
        const body = JSON.stringify(bodyOf(event, id, outcome.at, deployment));
        const { slug: app } = record.app;
        await notificationsOf(env, hook.id).enqueue({ id, event, deploymentId: record.id, app, body });
      }),
    ),
  );
}

/** Whether it is the first success after a failure; false where no hook asks for that. */
async function hasRecovered(
  { deployments }: Metadata,
  record: DeploymentRecord,
  { event }: Outcome,
  hooks: readonly HookRecord[],
): Promise<boolean> {
  if (event !== 'deployment.succeeded') return false;
  if (!hooks.some(({ events }) => events.includes('deployment.recovered'))) return false;
  return (await deployments.lastEnded(comparedWith(record)))?.status === 'failed';
}

/** The id of what a hook sends about an outcome of a deployment: always the same. */
async function deliveryId(
  hookId: string,
  deploymentId: string,
  event: NotificationEvent,
  { key }: Outcome,
): Promise<string> {
  const name = `${hookId}:${deploymentId}:${event}:${key}`;
  return (await sha256Hex(new TextEncoder().encode(name))).slice(0, 24);
}
