/** The queues' consumers. Each message is idempotent: a queue may lose one, repeat one, or be late. */

import type { Env } from '../env.ts';
import { journal } from '../journal.ts';
import { metadataOf } from '../metadata/index.ts';
import type { DeploymentRecord, Metadata } from '../metadata/metadata.ts';
import { isSite } from '../metadata/sites.ts';
import { announce, notificationsOf } from '../notify/announce.ts';
import { deadLettersOf } from '../objects/dead-letters.ts';
import { deploymentOf } from '../objects/deployments.ts';
import { storeErrors } from '../operations/store-errors.ts';
import type { EventMessage, QueueMessage } from '../queue-messages.ts';
import { report } from '../reports/report.ts';
import { branchLabel } from '../sites/hosts/labels.ts';
import { forgetSite } from '../sites/hosts/resolve.ts';
import { recordSuccess } from '../sites/updates/expo/record.ts';
import { trace } from '../tracing/export.ts';
import { childSpan } from '../tracing/span.ts';

/** Messages of this queue have been given up by the others. */
const DEAD_LETTERS = 'dead-letters';

/** The longest pause before a message is tried again, in seconds. */
const MAX_DELAY_SECONDS = 300;

/** Takes a batch of whichever queue it comes from; each message is acked or tried again by itself. */
export async function consume(batch: MessageBatch<QueueMessage>, env: Env): Promise<void> {
  await Promise.all(
    batch.messages.map(async (message) => {
      try {
        await (batch.queue === DEAD_LETTERS ? bury(message, env) : deliver(message.body, env));
        message.ack();
        traced(batch.queue, message, env);
      } catch (error) {
        traced(batch.queue, message, env, String(error));
        const origin = { source: `queue ${batch.queue}` };
        journal.error(
          `${batch.queue}: message ${message.id} failed, attempt ${message.attempts}`,
          error,
          origin,
        );
        message.retry({ delaySeconds: Math.min(MAX_DELAY_SECONDS, 2 ** message.attempts) });
      }
    }),
  );
  await storeErrors(env);
}

/** A span for a message that is about a deployment, from when it was sent until its consumer was done with it. */
function traced(queue: string, message: Message<QueueMessage>, env: Env, error?: string): void {
  const { body, id, attempts, timestamp } = message;
  if (!('deploymentId' in body)) return;
  const { kind, deploymentId } = body;
  trace(env, () => {
    const span = childSpan(deploymentId, `${queue} ${kind}`, timestamp.getTime(), Date.now(), {
      'messaging.system': 'cloudflare_queues',
      'messaging.destination.name': queue,
      'messaging.message.id': id,
      'messaging.operation.type': 'process',
      'appflux.message.attempts': attempts,
    });
    return [{ ...span, kind: 'consumer', ...(error === undefined ? {} : { error }) }];
  });
}

async function deliver(message: QueueMessage, env: Env): Promise<void> {
  switch (message.kind) {
    case 'offer':
      return deploymentOf(env, message.deploymentId).offer();
    case 'event':
      return project(message, env);
    case 'downloads':
      return metadataOf(env).downloads.add(message.batchId, message.counts);
    case 'notification':
      // Gone with its hook, or with the deliveries that are no longer kept: there is nothing to send.
      await notificationsOf(env, message.hookId).redeliver(message.deliveryId);
      return;
    case 'log_tail': {
      const { apps, deployments } = metadataOf(env);
      if (await deployments.keepLogTail(message.deploymentId, message.lines)) return;
      // It came before the deployment's first event; or the app was deleted, and there is nothing to keep it for.
      if (await apps.byId(message.appId))
        throw new Error(`deployment ${message.deploymentId} is not there yet`);
    }
  }
}

/**
 * Writes how a deployment stands into metadata and confirms that to its object, which sends the event again until then.
 * A deployment whose App is gone was requested while that was being deleted: it goes as well.
 */
async function project(event: EventMessage, env: Env): Promise<void> {
  const { deploymentId } = event;
  const metadata = metadataOf(env);
  const { apps, deployments } = metadata;
  const deployment = deploymentOf(env, deploymentId);
  const news =
    event.record === undefined
      ? await deployment.unconfirmed()
      : { record: event.record as DeploymentRecord, seq: event.seq, details: null, cancelReason: null };
  if (news === null) return;
  const { record, seq, details, cancelReason } = news;
  const isKept = (await deployments.project(record, seq)) || (await apps.byId(record.appId)) !== null;
  if (isKept && details !== null) await metadata.details.keep(deploymentId, details);
  if (isKept) await pointSites(record, metadata);
  if (isKept) await recordSuccess(record, metadata);
  if (isKept) await announce({ env, metadata }, record, cancelReason);
  if (isKept) await report({ env, metadata }, record, seq);
  if (isKept) await deployment.confirm(seq);
  else if (!(await deployment.destroy())) throw new Error(`deployment ${deploymentId} is still there`);
}

/** Moves the address of a branch to its newest site. A success may have moved the App's release, too. */
async function pointSites(record: DeploymentRecord, metadata: Metadata): Promise<void> {
  const { id, appId, app, branch, createdAt, status } = record;
  if (status !== 'success') return;
  if (branch !== null && isSite({ ...record, site: record.site ?? null })) {
    const label = branchLabel(branch, app.slug);
    await metadata.sites.point({ label, appId, branch, deploymentId: id, createdAt });
  }
  forgetSite(appId);
}

async function bury(message: Message<QueueMessage>, env: Env): Promise<void> {
  await deadLettersOf(env).add(message.body, message.timestamp.toISOString());
}
