/** Fetches one commit of a Git repository, shallow, without running anything that it brings along. */

import { type JobSource, listed, printable } from '@appflux/protocol';
import { own, say } from '../../../masking/sentence.ts';
import { JobFailure, type StepContext, type Workspace } from '../../../step-context.ts';
import { inSpan } from '../../../tracing/trace.ts';
import { checkout, type Git, type HeadCommit } from './checkout.ts';
import { gitFailure, noBranchFailure } from './errors.ts';
import { fetchHistoryIfCalled } from './history.ts';
import { type Depth, Remote, type RemoteOptions } from './remote.ts';
import { fetchSubmodules } from './submodules.ts';
import { tagMessage } from './tag.ts';

export type GitSource = Extract<JobSource, { kind: 'git' }>;

/**
 * How many commits are fetched, one try after the other, when a commit has to be searched for in its branch;
 * at last, all.
 */
const DEPTHS: readonly Depth[] = [50, 1000, 'full'];

export interface FetchGitOptions extends RemoteOptions {
  /** Whether the source wants its submodules; asked once it is checked out, if it has any. */
  readonly wantsSubmodules: () => Promise<boolean>;
  /** Whether the message of the commit's tag is wanted. */
  readonly wantsTag?: boolean;
  /** The app's own commands, which may need the repository's history. */
  readonly commands?: readonly string[];
}

/** The commit that was checked out, and the message of its annotated tag, if it has one and that was wanted. */
export interface FetchedCommit extends HeadCommit {
  readonly tagMessage: string | null;
  /** Whether its history is cut off somewhere. */
  readonly isShallow: boolean;
}

/**
 * Puts the tree of a commit into `workspace.source`, with a `.git` beside it that has as many commits as the app asks for
 * (one by default), or all where the project's commands need them: many builds ask Git for the commit or the branch. Keeping it is safe because the runner itself runs no Git there
 * afterwards, and because no address and no token is in it.
 * @throws {JobFailure} `source_unavailable`, `source_invalid` or `settings_invalid`; the reason of
 * `ctx.signal` if it aborts.
 */
export async function fetchGit(
  source: GitSource,
  workspace: Workspace,
  options: FetchGitOptions,
  ctx: StepContext,
): Promise<FetchedCommit> {
  const { branch, commit, rootDirectory } = source;
  const depth = options.access?.depth ?? 1;
  const remote = new Remote(source, workspace, options, ctx);
  try {
    const { repo } = remote.subject;
    ctx.log(
      say`Fetching ${repo}, ${commit === null ? `branch ${printable(branch)}` : `commit ${commit.slice(0, 12)} of ${printable(branch)}`}.`,
    );
    // The length of a whole hash tells its kind; for a shortened one, the server's answer will.
    await remote.open(commit?.length === 64 ? 'sha256' : 'sha1');
    const id = await inSpan(ctx, 'git fetch', (within) => fetchCommit(remote, source, depth, within));
    const git: Git = (args, onOutput) => remote.git(args, onOutput === undefined ? {} : { onOutput });
    const head = await inSpan(ctx, 'git checkout', () => checkout(id, branch, options.limits, git));
    if ('trouble' in head) throw gitFailure(head.trouble, remote.subject, head.stderr);
    ctx.log(say`Checked out ${id.slice(0, 12)}: ${printable(head.message.split('\n')[0] ?? '', 120)}`);
    const root = rootDirectory.replace(/^(?:\.?\/)+|\/+$/g, '').replace(/^\.$/, '');
    const isShallow =
      depth === 1
        ? await fetchHistoryIfCalled(remote, { id, root, commands: options.commands ?? [] }, ctx)
        : (await remote.must(['rev-parse', '--is-shallow-repository'])) === 'true';
    const { submodules } = head.tree;
    if (submodules.length > 0 && (await options.wantsSubmodules())) {
      const top = { source, tree: workspace.source, path: '', head, git };
      await fetchSubmodules(top, { remote: options, scratch: workspace.scratch }, ctx);
    } else if (submodules.length > 0) {
      ctx.log(
        `Submodules are not fetched; their folders stay empty: ${listed(submodules.map(({ path }) => path))}. ` +
          'To fetch those on the same host, set "submodules": true in appflux.json.',
      );
    }
    const message = options.wantsTag === true ? await tagMessage(remote, { id, branch }, ctx) : null;
    return { ...head, tagMessage: message, isShallow };
  } finally {
    await remote.close();
  }
}

/** Fetches the commit that is to be built, and gives its whole name. */
async function fetchCommit(
  remote: Remote,
  source: GitSource,
  depth: Depth,
  ctx: StepContext,
): Promise<string> {
  const { commit } = source;
  if (commit === null) {
    await fetchBranch(remote, source, depth);
    return remote.must(['rev-parse', '--verify', 'FETCH_HEAD^{commit}']);
  }
  if (commit.length >= 40) {
    const trouble = await remote.fetch(depth, commit);
    if (trouble === null) return remote.must(['rev-parse', '--verify', 'FETCH_HEAD^{commit}']);
    if (trouble.kind !== 'commit_refused') throw gitFailure(trouble.kind, remote.subject, trouble.stderr);
    ctx.log(own('The server does not serve single commits. Searching the branch.'));
  }
  for (const tried of DEPTHS) {
    await fetchBranch(remote, source, deeper(tried, depth));
    const found = await remote.git([
      'rev-parse',
      '--verify',
      '--quiet',
      '--end-of-options',
      `${commit}^{commit}`,
    ]);
    if (found.code === 0) return found.stdout.trim();
  }
  const { repo, branch } = remote.subject;
  throw new JobFailure('source_unavailable', say`Branch ${branch} of ${repo} has no commit ${commit}.`, {
    hint: own('A force push may have removed it. Redeploy the latest commit of the branch.'),
  });
}

/** The greater one of two depths. */
const deeper = (one: Depth, other: Depth): Depth =>
  one === 'full' || other === 'full' ? 'full' : Math.max(one, other);

/**
 * Fetches a branch or, where there is none of that name, a tag.
 * @throws {JobFailure} `source_unavailable`, among others if there is neither
 */
export async function fetchBranch(
  remote: Remote,
  { branch }: Pick<GitSource, 'branch'>,
  depth: Depth,
): Promise<void> {
  const noBranch = await remote.fetch(depth, `refs/heads/${branch}`);
  if (noBranch === null) return;
  const trouble =
    noBranch.kind === 'ref_missing' ? await remote.fetch(depth, `refs/tags/${branch}`) : noBranch;
  if (trouble === null) return;
  throw trouble.kind === 'ref_missing'
    ? noBranchFailure(remote.subject, await remote.branches())
    : gitFailure(trouble.kind, remote.subject, trouble.stderr);
}
