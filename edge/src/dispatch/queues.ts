/** The queues' consumers. Each message is idempotent: a queue may lose one, repeat one, or be late. */
import type { DeployMessage, Env, EventMessage } from '../env.ts';
import { metadataOf } from '../metadata/index.ts';
import type { DeploymentRecord } from '../metadata/metadata.ts';

/** Takes a batch of whichever queue it comes from; each message is acked or retried by itself. */
export async function consume(batch: MessageBatch<DeployMessage | EventMessage>, env: Env): Promise<void> {
  const take = consumers[batch.queue];
  if (take === undefined) throw new Error(`No consumer for the queue ${batch.queue}`);
  await Promise.all(
    batch.messages.map(async (message) => {
      try {
        await take(message.body, env);
        message.ack();
      } catch (error) {
        console.error(`${batch.queue}: message ${message.id} failed, attempt ${message.attempts}`, error);
        message.retry({ delaySeconds: Math.min(60, 2 ** message.attempts) });
      }
    }),
  );
}

const consumers: Record<string, (message: DeployMessage | EventMessage, env: Env) => Promise<void>> = {
  'deploy-queue': (message, env) => env.DEPLOYMENTS.getByName(message.deploymentId).offer(),
  'event-queue': (message, env) => project(message as EventMessage, env),
  // What could not be delivered is written to the Worker's log, with all that is needed to deliver it by hand.
  'dead-letters': async (message) => console.error('dead letter', JSON.stringify(message)),
};

async function project({ seq, record }: EventMessage, env: Env): Promise<void> {
  await metadataOf(env).deployments.project(record as DeploymentRecord, seq);
}
