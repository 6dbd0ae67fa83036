/** Hands a visitor's request to the server host, and its answer back. */
import { type ServerVisit, VISIT_HEADER } from '@appflux/protocol';
import { FAILURE_HEADER, SERVERS_URL, ServerFailure } from './protocol.ts';

/** How long a server may take until its answer begins, in milliseconds: as Cloudflare's own proxy. */
export const ANSWER_WITHIN_MS = 100_000;

/** `gone`: the server host doesn't respond. `timeout`: no answer has begun in time. The others are those of the host. */
export type NoAnswer = ServerFailure | 'gone' | 'timeout';

export type Visited = { readonly response: Response } | { readonly none: NoAnswer; readonly error?: unknown };

/**
 * Sends a request to the server host. `headers` are what the site may see. The answer's body is passed on as it comes, and
 * so is a WebSocket. `withinMs`: until the answer begins.
 */
export async function visitServer(
  servers: Fetcher,
  request: Request,
  {
    visit,
    headers,
    withinMs = ANSWER_WITHIN_MS,
  }: { visit: ServerVisit; headers: Headers; withinMs?: number },
): Promise<Visited> {
  headers.set(VISIT_HEADER, JSON.stringify(visit));
  const { method, body, cf } = request;
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), withinMs);
  try {
    const response = await servers.fetch(`${SERVERS_URL}/serve`, {
      method,
      headers,
      body,
      ...(cf === undefined ? {} : { cf: cf as RequestInitCfProperties }),
      redirect: 'manual',
      signal: late.signal,
    });
    const failure = response.headers.get(FAILURE_HEADER);
    return failure === null ? { response } : { none: ServerFailure.catch('threw').parse(failure) };
  } catch (error) {
    return { none: late.signal.aborted ? 'timeout' : 'gone', error };
  } finally {
    clearTimeout(timer);
  }
}
