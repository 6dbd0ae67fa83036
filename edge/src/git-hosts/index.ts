/** The Git hosts by their names: how their webhooks are verified and read. */
import { AppFluxError } from '@appflux/protocol';
import type { GitEvent, GitHost, Provider } from './event.ts';
import { github } from './github.ts';

const HOSTS: Partial<Record<Provider, GitHost>> = { github };

/** The module of a Git host. Throws AppFluxError `not_found` if this version doesn't read its webhooks. */
export function gitHost(provider: Provider): GitHost {
  const host = HOSTS[provider];
  if (host !== undefined) return host;
  throw new AppFluxError('not_found', `Webhooks of ${provider} aren't supported by this version`, {
    hint: 'Use a deploy hook of the app instead.',
  });
}

/** Whether one of `secrets` signed the body of this host's webhook; see `GitHost.verify`. */
export const verify = (
  provider: Provider,
  headers: Headers,
  rawBody: Uint8Array,
  secrets: readonly string[],
): boolean => gitHost(provider).verify(headers, rawBody, secrets);

/** The event in this host's payload; see `GitHost.parse`. */
export const parseEvent = (provider: Provider, headers: Headers, body: unknown): GitEvent =>
  gitHost(provider).parse(headers, body);
