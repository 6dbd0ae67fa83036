import { type AppSource, BranchName, RepoUrl, RootDirectory } from '@appflux/protocol';

export type GitProvider = 'github' | 'git';

/** A repository as a person wrote it, read. */
export interface Repository {
  readonly provider: GitProvider;
  readonly repoUrl: string;
  /** What the address names besides the repository, as an address of a branch or folder does. */
  readonly branch: string | null;
  readonly rootDirectory: string | null;
  /** The last part of the path: a name for the app. */
  readonly name: string;
}

export type ReadRepository = { ok: true; repository: Repository } | { ok: false; message: string };

const SCP_LIKE = /^(?:ssh:\/\/)?git@([^:/\s]+)[:/](.+)$/;
const GITHUB_SHORT = /^([A-Za-z0-9][A-Za-z0-9-]*)\/([A-Za-z0-9._-]+)$/;
const TREE = /^\/([^/]+)\/([^/]+)\/(?:tree|blob)\/([^/]+)(?:\/(.*))?$/;

/**
 * Reads what people paste for a repository: its address, the address of one of its folders on GitHub,
 * `owner/name`, or an SSH address (cloned over https). The message says what to write instead.
 */
export function readRepository(input: string): ReadRepository {
  const text = input.trim();
  if (text === '') return refused('Paste a repository URL.');
  const scp = SCP_LIKE.exec(text);
  const short = GITHUB_SHORT.exec(text);
  const address = scp
    ? `https://${scp[1]}/${scp[2]}`
    : short
      ? `https://github.com/${text}`
      : /^[\w.-]+\.[a-z]{2,}\//i.test(text)
        ? `https://${text}`
        : text;
  const url = URL.parse(address);
  if (url === null) return refused('Invalid URL. Use the form https://github.com/owner/name.');
  if (url.username !== '' || url.password !== '') {
    return refused('Remove the user name and password. The URL is visible to your team and isn’t encrypted.');
  }
  url.hash = '';
  url.search = '';
  const onGitHub = url.hostname === 'github.com' || url.hostname === 'www.github.com';
  const tree = onGitHub ? TREE.exec(url.pathname) : null;
  if (onGitHub) {
    url.hostname = 'github.com';
    const [, owner, repo] = url.pathname.split('/');
    if (!owner || !repo) return refused('Add the owner and repository: https://github.com/owner/name.');
    url.pathname = `/${owner}/${repo.replace(/\.git$/, '')}`;
  }
  const repoUrl = url.href.replace(/\/+$/, '');
  const checked = RepoUrl.safeParse(repoUrl);
  if (!checked.success) return refused(`${checked.error.issues[0]?.message ?? 'This URL can’t be cloned'}.`);
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

const refused = (message: string): ReadRepository => ({ ok: false, message });

/** What is wrong with a branch's name; null when nothing is. */
export function branchProblem(branch: string): string | null {
  return BranchName.safeParse(branch).error?.issues[0]?.message ?? null;
}

/** What is wrong with a root directory; null when nothing is. */
export function rootDirectoryProblem(path: string): string | null {
  return RootDirectory.safeParse(path).error?.issues[0]?.message ?? null;
}

/** How a source reads in a list: `owner/name` on GitHub, host and path elsewhere, or that it was uploaded. */
export function sourceLabel(source: AppSource): string {
  if (source.provider === 'upload') return 'ZIP upload';
  const url = new URL(source.repoUrl);
  const path = url.pathname.replace(/^\/|\.git$/g, '');
  return source.provider === 'github' ? path : `${url.host}/${path}`;
}
