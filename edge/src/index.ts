/** The Worker's three doors (fetch, queue, scheduled) and its two kinds of object. */
import { api } from './api/index.ts';
import { consume } from './dispatch/queues.ts';
import type { DeployMessage, Env, EventMessage } from './env.ts';
import { sweep } from './sweep.ts';

export { DeploymentObject } from './deployment/object.ts';
export { PoolObject } from './dispatch/pool.ts';

export default {
  fetch: api.fetch,
  queue: consume,
  scheduled: sweep,
} satisfies ExportedHandler<Env, DeployMessage | EventMessage>;
