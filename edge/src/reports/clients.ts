/** Which client shows a repository's deployments, and with which token. */
import { repoKeyOf } from '@appflux/protocol';
import type { Env } from '../env.ts';
import { openCredential } from '../git-hosts/credential/index.ts';
import { githubAddress } from '../git-hosts/github-app/address.ts';
import { forgetToken, requireToken } from '../git-hosts/github-app/tokens.ts';
import type { AppRecord, Metadata } from '../metadata/metadata.ts';
import { isAllowedTarget, publicNetwork } from '../network/public.ts';
import { createSealer } from '../secrets/sealing.ts';
import { bitbucketClient } from './bitbucket-client.ts';
import { giteaClient } from './gitea-client.ts';
import { githubClient } from './github-client.ts';
import { gitlabClient } from './gitlab-client.ts';
import type { HostClient } from './host-client.ts';
import { providerOf, repositoryOf } from './place.ts';

/** A client, and what to do when its token is not accepted. */
export interface ChosenClient {
  client: HostClient;
  forgetToken: () => void;
}

/** What a client is chosen for. */
export interface Wanted {
  ownerId: string;
  /** `repoKeyOf` of the repository's URL. */
  repoKey: string;
  /** The app that the facts are of; null if it was deleted. */
  app: AppRecord | null;
}

/**
 * The client of a repository: by the GitHub App's installation, else by the token that the app has for its repository.
 * Null when nothing may write there. Throws HostRefusal when a token can't be had at present.
 */
export async function chooseClient(
  env: Env,
  metadata: Metadata,
  wanted: Wanted,
): Promise<ChosenClient | null> {
  return (
    (await byInstallation(env, metadata, wanted)) ?? (await byCredential(env, metadata, wanted.app, wanted))
  );
}

async function byInstallation(
  env: Env,
  metadata: Metadata,
  { ownerId, repoKey }: Wanted,
): Promise<ChosenClient | null> {
  const { host, api } = githubAddress(env);
  const token = await requireToken(env, ownerId, repoKey, 'report');
  const app = token === null ? null : await metadata.github.app(host);
  if (token === null || app === null) return null;
  const fullName = repoKey.split('/').slice(1).join('/');
  return {
    client: githubClient({ api, fullName, token, appId: app.appId }),
    forgetToken: () => forgetToken(token),
  };
}

async function byCredential(
  env: Env,
  metadata: Metadata,
  app: AppRecord | null,
  { repoKey }: Wanted,
): Promise<ChosenClient | null> {
  const repository = app === null ? null : repositoryOf(app.source);
  if (app === null || repository === null || app.source.provider === 'upload') return null;
  const { repoUrl } = app.source;
  // It is built from another repository by now.
  if (repoKeyOf(repoUrl) !== repoKey) return null;
  const credential = await openCredential(metadata, { id: app.id, repoUrl }, createSealer(env));
  if (credential?.kind !== 'token' || !isAllowedTarget(new URL(repository.webUrl), env)) return null;
  const { token, username } = credential;
  const options = { repository, token, network: publicNetwork(env) };
  const clientOf = (): HostClient | null => {
    const { host, api } = githubAddress(env);
    // Only the instance's own GitHub: where another one has its API is not known.
    if (new URL(repository.webUrl).host === host)
      return githubClient({ api, fullName: repository.fullName, token, appId: null });
    switch (providerOf(repoUrl, app.repositoryId)) {
      case 'gitea':
        return giteaClient({ ...options, name: 'Gitea' });
      case 'forgejo':
        return giteaClient({ ...options, name: 'Forgejo' });
      case 'gitlab':
        return gitlabClient(options);
      case 'bitbucket':
        return bitbucketClient({ ...options, username });
      default:
        return null;
    }
  };
  const client = clientOf();
  // A new token is for a person to set.
  return client && { client, forgetToken: () => undefined };
}
