/** What the payloads of GitLab, Gitea and Forgejo have in common: commits with the paths that they changed. Pure. */
import { z } from 'zod';
import type { ChangedPaths, PushEvent, Sha } from './event.ts';
import { ShaOrZeros } from './payload.ts';

/** A commit in the list of a push. */
export const ListedCommit = z.object({
  id: ShaOrZeros,
  message: z.string(),
  author: z.object({ name: z.string().nullish(), username: z.string().nullish() }).nullish(),
  added: z.array(z.string()).nullish(),
  modified: z.array(z.string()).nullish(),
  removed: z.array(z.string()).nullish(),
});
export type ListedCommit = z.infer<typeof ListedCommit>;

/** The commit `sha` among others, as `head` of a push; null if it isn't among them. */
export function headOf(
  commits: readonly (ListedCommit | null | undefined)[],
  sha: Sha | null,
): PushEvent['head'] {
  const commit = commits.find((one) => one?.id === sha);
  if (!commit) return null;
  return { message: commit.message, author: commit.author?.username || commit.author?.name || null };
}

/** A push as its list of commits describes it. */
interface ListedPush {
  readonly ref: PushEvent['ref'];
  readonly before: Sha | null;
  readonly after: Sha | null;
  readonly commits: readonly ListedCommit[];
  /** How many commits it has: hosts list only some of many. */
  readonly total: number;
}

/**
 * Whether a push has no commits although the branch is elsewhere, because it was moved back. These hosts don't say whether
 * a push was forced; one that replaced commits looks like any other.
 */
export const wasMovedBack = ({ ref, before, after, total }: ListedPush): boolean =>
  ref.kind === 'branch' && before !== null && after !== null && total === 0;

/** The paths that a push changed. */
export function changedBy(push: ListedPush): ChangedPaths {
  const { ref, before, after, commits, total } = push;
  if (after === null) return { known: false, reason: 'the ref was deleted' };
  if (before === null || ref.kind === 'tag') return { known: false, reason: 'the ref is new' };
  if (wasMovedBack(push)) return { known: false, reason: 'the branch was moved back' };
  if (commits.length < total) return { known: false, reason: 'the list of commits is cut off' };
  const paths = new Set<string>();
  for (const { added, modified, removed } of commits) {
    if (!added || !modified || !removed) return { known: false, reason: 'the payload lists no paths' };
    for (const path of [...added, ...modified, ...removed]) paths.add(path);
  }
  return { known: false, reason: 'the host doesn’t say whether the push was forced', listed: [...paths] };
}
