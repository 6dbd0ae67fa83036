/**
 * How the Worker tells a Durable Object which runner it has authenticated: in a header of the request that it passes
 * on. The Worker always sets it, so what a client sends under that name never arrives.
 */
import type { RunnerRecord } from '../metadata/metadata.ts';

const HEADER = 'X-AppFlux-Runner';

/** The members of a runner's record that a Durable Object receives; its credential's hash is none of them. */
export type AuthenticatedRunner = Omit<
  RunnerRecord,
  'credentialHash' | 'ephemeral' | 'version' | 'lastSeenAt' | 'refusedProtocol' | 'createdAt'
>;

/** The request, addressed to `url` and naming the runner that the Worker has authenticated. */
export function onBehalfOf(
  { id, ownerId, name, labels, slots, executor, draining }: AuthenticatedRunner,
  request: Request,
  url: string,
): Request {
  const headers = new Headers(request.headers);
  const runner: AuthenticatedRunner = { id, ownerId, name, labels, slots, executor, draining };
  headers.set(HEADER, JSON.stringify(runner));
  return new Request(url, { headers });
}

/** The runner that the Worker has authenticated, or null when the request names none. */
export function authenticatedRunner(request: Request): AuthenticatedRunner | null {
  const named = request.headers.get(HEADER);
  return named === null ? null : JSON.parse(named);
}
