import type { AppSource, Deployment } from '@appflux/protocol';
import { formatBytes } from '#lib/format/bytes.ts';
import { publishedFiles } from '#lib/site/describe.ts';
import { sourcePage } from '#lib/source/label.ts';

/** A commit that AppFlux has deployed, or was asked to. */
export interface ReleasedCommit {
  readonly hash: string;
  /** The first line of its message; empty if it isn't known. */
  readonly subject: string;
}

/** The commits between two releases: those that go live, or those that no longer are. */
export interface CommitChange {
  readonly direction: 'added' | 'removed';
  /** Newest first. Only commits of deployments: of a push with several commits, the last one. */
  readonly commits: readonly ReleasedCommit[];
}

/** What published files were and will be; null for none. */
export interface FileChange {
  /** The name of the artifact, or null for the site. */
  readonly name: string | null;
  readonly from: string | null;
  readonly to: string | null;
}

/** The later of two deployments, by creation. */
const laterOf = (a: Deployment, b: Deployment): Deployment =>
  Date.parse(a.createdAt) < Date.parse(b.createdAt) ? b : a;

/** The branch whose deployments lie between two releases; null if their commits aren’t known. */
export function branchBetween(from: Deployment, to: Deployment): string | null {
  const { branch, commitHash } = laterOf(from, to);
  return commitHash === null || from.commitHash === to.commitHash ? null : branch;
}

/** The commits between two releases, of the deployments of `branchBetween` (newest first). */
export function commitsBetween(
  { from, to }: { from: Deployment; to: Deployment },
  deployments: readonly Deployment[],
): CommitChange {
  const later = laterOf(from, to);
  const earlier = later === to ? from : to;
  const commits = new Map<string, ReleasedCommit>();
  for (const { createdAt, commitHash, commitMessage } of [later, ...deployments]) {
    const isBetween =
      Date.parse(createdAt) > Date.parse(earlier.createdAt) &&
      Date.parse(createdAt) <= Date.parse(later.createdAt);
    if (!isBetween || commitHash === null || commitHash === earlier.commitHash || commits.has(commitHash))
      continue;
    const subject = commitMessage?.split('\n', 1)[0]?.trim() ?? '';
    commits.set(commitHash, { hash: commitHash, subject });
  }
  return { direction: later === to ? 'added' : 'removed', commits: [...commits.values()] };
}

/** Where GitHub shows all that changes; null elsewhere, and if a commit isn't known. */
export function comparePage(source: AppSource, from: Deployment, to: Deployment): string | null {
  const page = source.provider === 'github' ? sourcePage(source) : null;
  if (page === null || from.commitHash === null || to.commitHash === null) return null;
  if (from.commitHash === to.commitHash) return null;
  return `${page.replace(/\.git$/, '')}/compare/${from.commitHash}...${to.commitHash}`;
}

/** The files that are published otherwise; those with the same content are left out. */
export function fileChanges(from: Deployment | null, to: Deployment): FileChange[] {
  const siteOf = (deployment: Deployment | null) =>
    deployment?.site ? publishedFiles(deployment.site) : null;
  const site = { name: null, from: siteOf(from), to: siteOf(to) };
  const before = new Map(from?.artifacts.map((artifact) => [artifact.name, artifact]));
  const after = new Map(to.artifacts.map((artifact) => [artifact.name, artifact]));
  const names = [...new Set([...after.keys(), ...before.keys()])];
  const artifacts = names.flatMap((name): FileChange[] => {
    const [old, next] = [before.get(name), after.get(name)];
    if (old?.sha256 === next?.sha256) return [];
    return [{ name, from: old ? formatBytes(old.size) : null, to: next ? formatBytes(next.size) : null }];
  });
  return [...(site.from === null && site.to === null ? [] : [site]), ...artifacts];
}
