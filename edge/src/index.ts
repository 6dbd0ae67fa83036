/** The Worker's entry points (fetch, queue, scheduled) and its Durable Object classes. */
import { api } from './api/index.ts';
import { onCron } from './cron/index.ts';
import type { Env } from './env.ts';
import type { QueueMessage } from './queue-messages.ts';
import { consume } from './queues/consume.ts';
import { answerSite } from './sites/serve/index.ts';

export { DeadLetterObject } from './dead-letters/object.ts';
export { PoolObject } from './dispatch/object/pool.ts';
export { MaintenanceObject } from './maintenance/object.ts';
export { MongoObject } from './metadata/mongo/object.ts';
export { NotificationObject } from './notify/object.ts';
export { OperationsObject } from './operations/object.ts';
export { OutboxObject } from './outbox/object.ts';
export { DeploymentObject } from './queues/deployment-object.ts';
export { ReportObject } from './reports/object.ts';
export { SweepObject } from './retention/object.ts';
export { ServerControl } from './servers/control/index.ts';
export { RuntimeObject } from './servers/runtime/object.ts';
export { DomainObject } from './sites/domains/object.ts';
export { SiteObject } from './sites/store/object.ts';
export { ThrottleObject } from './throttle/object.ts';
export { TriggerObject } from './triggers/object.ts';

export default {
  fetch: async (request, env, ctx) =>
    (await answerSite(request, env, ctx)) ?? (await api.fetch(request, env, ctx)),
  queue: consume,
  scheduled: onCron,
} satisfies ExportedHandler<Env, QueueMessage>;
