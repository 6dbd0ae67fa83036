import type { Env } from '../../env.ts';

/** The GitHub that this instance is connected to. */
export interface GithubAddress {
  /** As it stands in URLs of repositories: `github.com`. */
  host: string;
  /** Where its pages and its API are, without a trailing slash. */
  web: string;
  api: string;
}

const withoutSlash = (url: string): string => url.replace(/\/+$/, '');

/**
 * GitHub itself, or the Enterprise Server of GITHUB_URL, whose API is below `/api/v3` unless GITHUB_API_URL says
 * something else. Source: https://docs.github.com/en/enterprise-server@latest/rest/using-the-rest-api/getting-started-with-the-rest-api
 */
export function githubAddress(env: Pick<Env, 'GITHUB_URL' | 'GITHUB_API_URL'>): GithubAddress {
  const web = withoutSlash(env.GITHUB_URL || 'https://github.com');
  const api = env.GITHUB_API_URL || (env.GITHUB_URL ? `${web}/api/v3` : 'https://api.github.com');
  return { host: new URL(web).host, web, api: withoutSlash(api) };
}
