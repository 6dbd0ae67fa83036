/** The unchanged control plane, with everything counted that Cloudflare bills by count. */

import type { Env } from '../../../edge/src/env.ts';
import edge, {
  DeadLetterObject as DeadLetters,
  DeploymentObject as Deployments,
  DomainObject as Domains,
  MaintenanceObject as Maintenances,
  NotificationObject as Notifications,
  OperationsObject as Operations,
  PoolObject as Pools,
  ReportObject as Reports,
  RuntimeObject as Runtimes,
  SiteObject as Sites,
  ThrottleObject as Throttles,
  TriggerObject as Triggers,
} from '../../../edge/src/index.ts';
import type { QueueMessage } from '../../../edge/src/queue-messages.ts';
import { countingEnv, piecesOf } from './bindings.ts';
import { count, read, reset } from './counts.ts';
import { counting } from './objects.ts';
import { readTrips, resetTrips, tracing, trip } from './trips.ts';

// Metadata backends other than D1 are not counted.
export * from '../../../edge/src/index.ts';
export const DeploymentObject = counting(Deployments, 'DeploymentObject');
export const PoolObject = counting(Pools, 'PoolObject');
export const SiteObject = counting(Sites, 'SiteObject');
export const DeadLetterObject = counting(DeadLetters, 'DeadLetterObject');
export const ThrottleObject = counting(Throttles, 'ThrottleObject');
export const MaintenanceObject = counting(Maintenances, 'MaintenanceObject');
export const OperationsObject = counting(Operations, 'OperationsObject');
export const DomainObject = counting(Domains, 'DomainObject');
export const TriggerObject = counting(Triggers, 'TriggerObject');
export const NotificationObject = counting(Notifications, 'NotificationObject');
export const ReportObject = counting(Reports, 'ReportObject');
export const RuntimeObject = counting(Runtimes, 'RuntimeObject');

/** Access to the counts: GET reads, DELETE resets. These calls are not counted. */
const COUNTS_PATH = '/bench/counts';

/** Access to the round trips, in the same way. */
const TRIPS_PATH = '/bench/trips';

watchCache();

export default {
  fetch: (request, env, ctx) => {
    const { pathname } = new URL(request.url);
    if (pathname === COUNTS_PATH) {
      if (request.method === 'DELETE') reset();
      return Response.json(read());
    }
    if (pathname === TRIPS_PATH) {
      if (request.method === 'DELETE') resetTrips();
      return Response.json(readTrips());
    }
    count('workerRequests');
    return tracing(`${request.method} ${pathname}`, () => edge.fetch(request, countingEnv(env), ctx));
  },
  queue: (batch, env) => {
    count('queueInvocations');
    return tracing(`queue ${batch.queue}`, () => edge.queue(countingBatch(batch), countingEnv(env)));
  },
  scheduled: (controller, env) =>
    tracing(`scheduled ${controller.cron}`, () => edge.scheduled(controller, countingEnv(env))),
} satisfies ExportedHandler<Env, QueueMessage>;

/** Looking something up in the data center's cache is a round trip, too, if a short one. */
function watchCache(): void {
  const prototype: Cache = Object.getPrototypeOf(caches.default);
  const { match } = prototype;
  prototype.match = function (this: Cache, ...args: Parameters<Cache['match']>) {
    return trip('cache match', () => match.apply(this, args));
  };
}

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
