/** Where a repository is, from its URL, and whose software its host runs. Pure. */
import { type AppSource, withoutScpForm } from '@appflux/protocol';
import { isProvider, type Provider } from '../git-hosts/event.ts';
import type { HostRepository } from './host-client.ts';

/** Hosts that everybody knows; of another one, its first webhook says what it runs. */
const PROVIDERS: Readonly<Record<string, Provider>> = {
  'bitbucket.org': 'bitbucket',
  'codeberg.org': 'forgejo',
  'gitea.com': 'gitea',
  'github.com': 'github',
  'gitlab.com': 'gitlab',
};

/** What the host of an app's repository runs; null if that is not known. `repositoryId` as webhooks report it. */
export function providerOf(repoUrl: string, repositoryId: string | null): Provider | null {
  const named = repositoryId?.split(':')[0] ?? '';
  if (isProvider(named)) return named;
  return PROVIDERS[new URL(withoutScpForm(repoUrl)).hostname.toLowerCase()] ?? null;
}

/** The repository of an app at its host; null for an app that is built from uploads. */
export function repositoryOf(source: AppSource): HostRepository | null {
  if (source.provider === 'upload') return null;
  const url = new URL(withoutScpForm(source.repoUrl));
  const fullName = decodeURIComponent(url.pathname)
    .replace(/^\/+|\/+$/g, '')
    .replace(/\.git$/i, '');
  // The port of an SSH server is not that of the web server.
  const webUrl = url.protocol === 'ssh:' ? `https://${url.hostname}` : url.origin;
  return { webUrl, fullName };
}
