/** The queues' consumers. Each message is idempotent: a queue may lose one, repeat one, or be late. */

import type { Env } from '../env.ts';
import { journal } from '../journal.ts';
import { metadataOf } from '../metadata/index.ts';
import type { DeploymentRecord } from '../metadata/metadata.ts';
import { notificationsOf } from '../notify/announce.ts';
import { deadLettersOf } from '../objects/dead-letters.ts';
import { deploymentOf } from '../objects/deployments.ts';
import { storeErrors } from '../operations/store-errors.ts';
import type { EventMessage, QueueMessage } from '../queue-messages.ts';
import { trace } from '../tracing/export.ts';
import { childSpan } from '../tracing/span.ts';
import { deliverNews } from './news.ts';

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
      return event(message, env);
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
 * Delivers what a deployment's object could not deliver itself, and confirms that to it. A deployment whose App is gone
 * was requested while that was being deleted: it goes as well.
 */
async function event({ deploymentId, seq, record }: EventMessage, env: Env): Promise<void> {
  const deployment = deploymentOf(env, deploymentId);
  const news =
    record === undefined
      ? await deployment.unconfirmed()
      : { record: record as DeploymentRecord, seq, details: null, cancelReason: null };
  if (news === null) return;
  if (await deliverNews(news, env)) await deployment.confirm(news.seq);
  else if (!(await deployment.destroy())) throw new Error(`deployment ${deploymentId} is still there`);
}

async function bury(message: Message<QueueMessage>, env: Env): Promise<void> {
  await deadLettersOf(env).add(message.body, message.timestamp.toISOString());
}
