/** Which client shows a repository's deployments, and with which token. */
import type { Env } from '../env.ts';
import { githubAddress } from '../git-hosts/github-app/address.ts';
import { forgetToken, requireToken } from '../git-hosts/github-app/tokens.ts';
import type { AppRecord, Metadata } from '../metadata/metadata.ts';
import { githubClient } from './github-client.ts';
import type { HostClient } from './host-client.ts';

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
 * The client of a repository: by the GitHub App's installation. Null when nothing may write there. Throws HostRefusal
 * when a token can't be had at present.
 */
export async function chooseClient(
  env: Env,
  metadata: Metadata,
  wanted: Wanted,
): Promise<ChosenClient | null> {
  const { ownerId, repoKey } = wanted;
  const { host, api } = githubAddress(env);
  const fullName = repoKey.split('/').slice(1).join('/');
  if (repoKey.split('/')[0] !== host.toLowerCase()) return null;
  const token = await requireToken(env, ownerId, repoKey, 'report');
  const app = token === null ? null : await metadata.github.app(host);
  if (token === null || app === null) return null;
  return {
    client: githubClient({ api, fullName, token, appId: app.appId }),
    forgetToken: () => forgetToken(token),
  };
}
