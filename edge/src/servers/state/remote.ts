/** The state of sites, which the server host keeps (../host/state/). */
import { AppFluxError, BindingKind, BindingName, StateItem, type StateScope } from '@appflux/protocol';
import { z } from 'zod';
import { SERVERS_URL } from '../visit/protocol.ts';

/** One binding of an App in one environment. */
export interface StatePlace {
  readonly appId: string;
  readonly environment: StateScope;
  readonly binding: string;
}

const Usage = z.object({
  items: z.array(
    z.object({
      scope: StateItem.shape.environment,
      binding: BindingName,
      kind: BindingKind,
      bytes: z.int(),
      entries: z.int(),
    }),
  ),
  quotaBytes: z.int(),
});

const Left = z.object({ left: z.int() });

/** What the bindings of an App hold. Throws AppFluxError `unavailable`; so do the others. */
export async function stateUsage(servers: Fetcher, appId: string): Promise<StateItem[]> {
  const { items, quotaBytes } = Usage.parse(await (await asked(servers, 'GET', appId)).json());
  return items.map(({ scope, ...item }) => ({ environment: scope, ...item, quotaBytes }));
}

/** What a binding holds, as SQL or JSON lines; null if it holds nothing. */
export async function exportState(
  servers: Fetcher,
  { appId, environment, binding }: StatePlace,
): Promise<{ kind: BindingKind; content: ReadableStream } | null> {
  const response = await asked(servers, 'GET', `${appId}/${environment}/${binding}/export`);
  if (response.status === 404 || response.body === null) return null;
  return { kind: BindingKind.parse(response.headers.get('X-State-Kind')), content: response.body };
}

/** Empties a binding; false if it holds nothing. */
export async function deleteState(
  servers: Fetcher,
  { appId, environment, binding }: StatePlace,
): Promise<boolean> {
  return (await asked(servers, 'DELETE', `${appId}/${environment}/${binding}`)).status !== 404;
}

/**
 * Removes what an App holds, in one environment or in all (null), permanently. Gives whether that was all: it removes a
 * part at a time.
 */
export async function removeState(
  servers: Fetcher,
  appId: string,
  environment: StateScope | null,
): Promise<boolean> {
  const path = environment === null ? appId : `${appId}/${environment}`;
  return Left.parse(await (await asked(servers, 'DELETE', path)).json()).left === 0;
}

async function asked(servers: Fetcher, method: 'GET' | 'DELETE', path: string): Promise<Response> {
  let response: Response;
  try {
    response = await servers.fetch(`${SERVERS_URL}/state/${path}`, { method });
  } catch (cause) {
    throw unavailable(cause);
  }
  if (response.ok || response.status === 404) return response;
  await response.body?.cancel();
  throw unavailable(new Error(`The server host answered with ${response.status}`));
}

const unavailable = (cause: unknown) =>
  new AppFluxError('unavailable', 'The host of servers doesn’t respond', {
    hint: 'Try again in a few seconds. It restarts by itself; its log is servers.log.',
    retryAfterSeconds: 5,
    cause,
  });
