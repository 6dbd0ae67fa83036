/** A line per request in the Worker's log, for development and for finding faults. Off unless REQUEST_LOG is "1". */
import { createMiddleware } from 'hono/factory';
import type { ApiEnv } from './router.ts';

/** The paths that hold a secret, up to it. */
const SECRET_PATHS = /^(\/hooks\/deploy\/).+/;

/** A request's path as it may be logged: without a query, and without the token of a deploy hook. Pure. */
export const loggedPath = (path: string): string => path.replace(SECRET_PATHS, '$1…');

/** Logs method, path, status and milliseconds of each request. */
export const requestLog = createMiddleware<ApiEnv>(async (c, next) => {
  if (c.env.REQUEST_LOG !== '1') return next();
  const startedAt = Date.now();
  await next();
  console.info(`${c.req.method} ${loggedPath(c.req.path)} ${c.res.status} ${Date.now() - startedAt} ms`);
});
