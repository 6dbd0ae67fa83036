/** The unchanged control plane, whose cron can be run as at another time. */
import type { Env } from '../../../edge/src/env.ts';
import edge from '../../../edge/src/index.ts';
import type { QueueMessage } from '../../../edge/src/queue-messages.ts';

export * from '../../../edge/src/index.ts';

/** POST runs the cron. `time` in the query is when, in Unix milliseconds. */
const CRON_PATH = '/bench/cron';

export default {
  fetch: async (request, env, ctx) => {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname !== CRON_PATH) return edge.fetch(request, env, ctx);
    await edge.scheduled(
      { cron: '*/15 * * * *', scheduledTime: Number(searchParams.get('time')), noRetry: () => undefined },
      env,
    );
    return new Response(null, { status: 204 });
  },
  queue: edge.queue,
  scheduled: edge.scheduled,
} satisfies ExportedHandler<Env, QueueMessage>;
