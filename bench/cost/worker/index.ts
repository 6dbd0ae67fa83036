/** The unchanged control plane, with everything counted that Cloudflare bills by count. */

import type { Env } from '../../../edge/src/env.ts';
import edge, {
  DeadLetterObject as DeadLetters,
  DeploymentObject as Deployments,
  PoolObject as Pools,
  SiteObject as Sites,
  ThrottleObject as Throttles,
} from '../../../edge/src/index.ts';
import type { QueueMessage } from '../../../edge/src/queue-messages.ts';
import { countingEnv, piecesOf } from './bindings.ts';
import { count, read, reset } from './counts.ts';
import { counting } from './objects.ts';

// Metadata backends other than D1 are not counted.
export * from '../../../edge/src/index.ts';
export const DeploymentObject = counting(Deployments);
export const PoolObject = counting(Pools);
export const SiteObject = counting(Sites);
export const DeadLetterObject = counting(DeadLetters);
export const ThrottleObject = counting(Throttles);

/** Access to the counts: GET reads, DELETE resets. These calls are not counted. */
const COUNTS_PATH = '/bench/counts';

export default {
  fetch: (request, env, ctx) => {
    if (new URL(request.url).pathname === COUNTS_PATH) {
      if (request.method === 'DELETE') reset();
      return Response.json(read());
    }
    count('workerRequests');
    return edge.fetch(request, countingEnv(env), ctx);
  },
  queue: (batch, env) => {
    count('queueInvocations');
    return edge.queue(countingBatch(batch), countingEnv(env));
  },
  scheduled: (controller, env) => edge.scheduled(controller, countingEnv(env)),
} satisfies ExportedHandler<Env, QueueMessage>;

/** A message is read when it is delivered, and deleted when it is acknowledged. */
function countingBatch(batch: MessageBatch<QueueMessage>): MessageBatch<QueueMessage> {
  const messages = batch.messages.map((message) => {
    const { id, timestamp, attempts, body } = message;
    const pieces = piecesOf(body);
    count('queueOperations', pieces);
    return {
      id,
      timestamp,
      attempts,
      body,
      ack: () => {
        count('queueOperations', pieces);
        message.ack();
      },
      retry: (options?: QueueRetryOptions) => message.retry(options),
    };
  });
  return {
    queue: batch.queue,
    metadata: batch.metadata,
    messages,
    ackAll: () => {
      throw new Error('ackAll is not counted yet');
    },
    retryAll: (options?: QueueRetryOptions) => batch.retryAll(options),
  };
}
