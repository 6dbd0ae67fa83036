/** Answers a visitor's request with the server of a site. */
import { type RuntimeEvent, ServerVisit, VISIT_HEADER } from '@appflux/protocol';
import type { HostEnv } from './env.ts';
import { failed } from './failure.ts';
import { failureOf, loadServer, nameOf } from './load.ts';
import { siteRequest } from './request.ts';
import { siteResponse } from './response.ts';
import type { Mask } from './runtime/mask.ts';
import { knownMask, lineOf, noteLine, recorderOf, subjectOf } from './runtime/observe.ts';
import { thrownEvent } from './runtime/trace.ts';

/** The answer of a site's server, or one with FAILURE_HEADER. */
export async function serve(request: Request, env: HostEnv, ctx: ExecutionContext): Promise<Response> {
  const visit = ServerVisit.parse(JSON.parse(request.headers.get(VISIT_HEADER) ?? ''));
  const server = loadServer(visit, env, ctx);
  const startedAt = Date.now();
  const count = (status: number | null) =>
    recorderOf(env).count(subjectOf(visit), status, Date.now() - startedAt, ctx);
  if (server === null) {
    count(null);
    return failed(failureOf(visit));
  }
  try {
    const response = await server.fetch(siteRequest(request, visit));
    count(response.status);
    return siteResponse(response);
  } catch (error) {
    count(null);
    // What a server says that threw is in its log already; what kept it from being loaded is not.
    const { pathname } = new URL(visit.url);
    const line = loadError(error, knownMask(nameOf(visit)), { method: request.method, path: pathname });
    if (line !== null) noteLine(visit, line, env, ctx);
    return failed(failureOf(visit));
  }
}

/** How the platform's error begins for a server that can't be loaded. */
const NOT_STARTED = /^Failed to start Worker:\s*(?:Uncaught )?/;

/** The line for a server that can't be loaded; null for one that threw while it answered. */
function loadError(
  error: unknown,
  mask: Mask | undefined,
  { method, path }: { method: string; path: string },
): RuntimeEvent | null {
  const message = error instanceof Error ? error.message : String(error);
  if (!NOT_STARTED.test(message)) return null;
  // Without its variables, nothing of what it says can be shown.
  if (mask === undefined) return lineOf('The server could not be loaded.');
  const request = { method: mask.line(method, 20), path: mask.line(path, 1_000) };
  const event = thrownEvent(message.replace(NOT_STARTED, ''), mask, { request, cron: null });
  return { ...event, text: mask.line(`The server could not be loaded. ${event.text}`) };
}
