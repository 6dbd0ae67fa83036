/** The Git hosts by their names: how their webhooks are verified and read. */
import { bitbucket } from './bitbucket.ts';
import type { GitEvent, GitHost, Provider } from './event.ts';
import { giteaHost } from './gitea.ts';
import { github } from './github.ts';
import { gitlab } from './gitlab.ts';

const HOSTS: Readonly<Record<Provider, GitHost>> = {
  github,
  gitlab,
  gitea: giteaHost('gitea'),
  forgejo: giteaHost('forgejo'),
  bitbucket,
};

/** The module of a Git host. */
export const gitHost = (provider: Provider): GitHost => HOSTS[provider];

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

/** All events in this host's payload; see `GitHost.parseAll`. */
export function parseEvents(provider: Provider, headers: Headers, body: unknown): readonly GitEvent[] {
  const host = gitHost(provider);
  return host.parseAll?.(headers, body) ?? [host.parse(headers, body)];
}
