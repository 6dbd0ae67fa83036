/** A line per request in the Worker's log, for development and for finding faults. Off unless REQUEST_LOG is "1". */
import { createMiddleware } from 'hono/factory';
import { journal } from '../journal.ts';
import type { ApiEnv } from './router.ts';

/** Logs method, path, status and milliseconds of each request; never its query. The journal masks tokens in paths. */
export const requestLog = createMiddleware<ApiEnv>(async (c, next) => {
  if (c.env.REQUEST_LOG !== '1') return next();
  const startedAt = Date.now();
  await next();
  journal.info(`${c.req.method} ${c.req.path} ${c.res.status} ${Date.now() - startedAt} ms`);
});
