import { isSshUrl, RepoUrl, RootDirectory } from '@appflux/protocol';

export type GitProvider = 'github' | 'git';

/** A parsed repository URL. */
export interface Repository {
  readonly provider: GitProvider;
  readonly repoUrl: string;
  /** From the URL of a branch or folder; null otherwise. */
  readonly branch: string | null;
  readonly rootDirectory: string | null;
  /** The last part of the path, as a name for the app. */
  readonly name: string;
}

export type ParsedRepository = { ok: true; repository: Repository } | { ok: false; message: string };

const GITHUB_SSH = /^(?:ssh:\/\/)?git@github\.com[:/](.+)$/i;
const GITHUB_SHORT = /^([A-Za-z0-9][A-Za-z0-9-]*)\/([A-Za-z0-9._-]+)$/;
const TREE = /^\/([^/]+)\/([^/]+)\/(?:tree|blob)\/([^/]+)(?:\/(.*))?$/;

/**
 * Parses what users enter for a repository: its URL over HTTPS or SSH, the URL of one of its folders on GitHub, or
 * `owner/name`. GitHub's SSH URLs become HTTPS ones, which also work with the GitHub App. The message says how to
 * correct it.
 */
export function parseRepository(input: string): ParsedRepository {
  const text = input.trim();
  if (text === '') return invalid('Paste a repository URL.');
  const onGitHubBySsh = GITHUB_SSH.exec(text);
  if (onGitHubBySsh === null && isSshUrl(text)) return parseSshUrl(text);
  const short = GITHUB_SHORT.exec(text);
  const candidate = onGitHubBySsh
    ? `https://github.com/${onGitHubBySsh[1]}`
    : short
      ? `https://github.com/${text}`
      : /^[\w.-]+\.[a-z]{2,}\//i.test(text)
        ? `https://${text}`
        : text;
  const url = URL.parse(candidate);
  if (url === null) return invalid('Invalid URL. Use the form https://github.com/owner/name.');
  if (url.username !== '' || url.password !== '') {
    return invalid('Remove the user name and password. The URL is visible to your team and isn’t encrypted.');
  }
  url.hash = '';
  url.search = '';
  const onGitHub = url.hostname === 'github.com' || url.hostname === 'www.github.com';
  const tree = onGitHub ? TREE.exec(url.pathname) : null;
  if (onGitHub) {
    url.hostname = 'github.com';
    const [, owner, repo] = url.pathname.split('/');
    if (!owner || !repo) return invalid('Add the owner and repository: https://github.com/owner/name.');
    url.pathname = `/${owner}/${repo.replace(/\.git$/, '')}`;
  }
  const repoUrl = url.href.replace(/\/+$/, '');
  const checked = RepoUrl.safeParse(repoUrl);
  if (!checked.success) return invalid(`${checked.error.issues[0]?.message ?? 'This URL can’t be cloned'}.`);
  const name = decodeURIComponent(url.pathname.split('/').findLast((part) => part !== '') ?? url.hostname);
  return {
    ok: true,
    repository: {
      provider: onGitHub ? 'github' : 'git',
      repoUrl,
      branch: tree?.[3] ? decodeURIComponent(tree[3]) : null,
      rootDirectory: tree?.[4] ? decodeURIComponent(tree[4]) : null,
      name: name.replace(/\.git$/, ''),
    },
  };
}

function parseSshUrl(text: string): ParsedRepository {
  const checked = RepoUrl.safeParse(text);
  if (!checked.success) return invalid(`${checked.error.issues[0]?.message ?? 'This URL can’t be cloned'}.`);
  const repoUrl = checked.data.replace(/\/+$/, '');
  const name = repoUrl.split('/').at(-1) ?? '';
  return {
    ok: true,
    repository: {
      provider: 'git',
      repoUrl,
      branch: null,
      rootDirectory: null,
      name: name.replace(/\.git$/, ''),
    },
  };
}

const invalid = (message: string): ParsedRepository => ({ ok: false, message });

/** What is wrong with a root directory; null if it is valid. */
export function rootDirectoryProblem(path: string): string | null {
  return RootDirectory.safeParse(path).error?.issues[0]?.message ?? null;
}
