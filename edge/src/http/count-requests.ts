/** Counts requests for the metrics. */
import { createMiddleware } from 'hono/factory';
import { requests } from '../isolate-counts.ts';
import type { ApiEnv } from './router.ts';

/** Counts each request by the pattern of its route, never by its path. */
export const countRequests = createMiddleware<ApiEnv>(async (c, next) => {
  await next();
  // After the handler, the pattern is that of the handler that ran last.
  requests.add({ method: c.req.method, route: c.req.routePath, status: c.res.status });
});
