/** How a runner reaches the repository of a deployment. */
import { type CloneDepth, isSshUrl, type SourceAccess } from '@appflux/protocol';
import type { Credential } from './credential.ts';

/** A repository as a deployment has it. */
interface GitSource {
  readonly repoUrl: string;
  /** One commit if absent. */
  readonly depth?: CloneDepth;
}

/** What of it every runner understands, and what goes beside the grant. */
export interface Reached {
  /** By https, whatever the app says: a runner of an earlier version reads nothing else. */
  readonly repoUrl: string;
  readonly token: string | null;
  readonly access: SourceAccess;
}

/**
 * @param credential the app's own; null if it has none
 * @param hostToken a token that a GitHub App gives for this repository; the app's own credential wins
 */
export function reach(source: GitSource, credential: Credential | null, hostToken: string | null): Reached {
  const depth = source.depth === undefined || source.depth === 1 ? {} : { depth: source.depth };
  const repoUrl = asHttps(source.repoUrl);
  if (credential?.kind === 'ssh') {
    const { privateKey, hostKeys } = credential;
    return {
      repoUrl,
      token: null,
      access: { ...depth, ssh: { url: asSsh(source.repoUrl), privateKey, hostKeys } },
    };
  }
  if (credential === null) return { repoUrl, token: hostToken, access: depth };
  const { username, token } = credential;
  return { repoUrl, token, access: { ...depth, ...(username === null ? {} : { username }) } };
}

/** The same repository by https. The port of an SSH server is not that of the web server. */
function asHttps(repoUrl: string): string {
  if (!isSshUrl(repoUrl)) return repoUrl;
  const { hostname, pathname } = new URL(repoUrl);
  return `https://${hostname}${pathname}`;
}

/** The same repository by SSH, as the user that hosts of repositories have for it. */
function asSsh(repoUrl: string): string {
  if (isSshUrl(repoUrl)) return repoUrl;
  const { hostname, pathname } = new URL(repoUrl);
  return `ssh://git@${hostname}${pathname}`;
}
