/** From a fetched commit to files. */
import { say } from '../../../masking/sentence.ts';
import { JobFailure } from '../../../step-context.ts';
import type { SourceLimits } from '../limits.ts';
import { type GitTrouble, readTrouble } from './errors.ts';
import type { GitOutcome } from './run.ts';
import { createTreeCounter, NOTHING_YET, type TreeContents, type TreeSize } from './tree-limits.ts';

/** The commit that lies in the work tree. */
export interface HeadCommit {
  readonly id: string;
  readonly message: string;
  readonly tree: TreeContents;
}

/** Why Git did not check a commit out, and what it said. */
export interface CheckoutTrouble {
  readonly trouble: GitTrouble;
  readonly stderr: string;
}

/** Runs Git in the repository. */
export type Git = (args: readonly string[], onOutput?: (chunk: Buffer) => boolean) => Promise<GitOutcome>;

/** What a record keeps of a commit message, in UTF-16 units. */
const MESSAGE_LENGTH = 2000;

/**
 * Checks out a commit, on a branch of the given name if there is one, after its tree was found to be within the limits
 * together with what was there before.
 * @throws {JobFailure} `source_invalid` if it is not.
 */
export async function checkout(
  id: string,
  branch: string | null,
  limits: SourceLimits,
  git: Git,
  before: TreeSize = NOTHING_YET,
): Promise<HeadCommit | CheckoutTrouble> {
  const counter = createTreeCounter(limits, before);
  const listing = await git(['ls-tree', '-r', '-l', '-z', '--full-tree', id], counter.push);
  const tree = counter.finish();
  if (listing.code !== 0) return failed(listing);

  const files = await git(['checkout', '--quiet', '--force', '--detach', id, '--']);
  if (files.code !== 0) return failed(files);
  if (branch !== null) await nameBranch(id, branch, git);

  const message = await git(['log', '-1', '--no-show-signature', '--encoding=UTF-8', '--format=%B', id]);
  if (message.code !== 0) return failed(message);
  return { id, message: readMessage(message.stdout), tree };
}

/** A commit message without trailing space, at most as long as a record keeps. */
function readMessage(text: string): string {
  // Control characters other than line ends and tabs have no business in a message; U+0000 would end it in
  // other programs.
  const clean = text.replace(/[^\P{Cc}\n\t]/gu, '').trim();
  return clean.length > MESSAGE_LENGTH ? `${clean.slice(0, MESSAGE_LENGTH - 1)}…` : clean;
}

/** Puts HEAD on a branch, so that a build that asks Git for its branch gets an answer. */
async function nameBranch(id: string, branch: string, git: Git): Promise<void> {
  const ref = `refs/heads/${branch}`;
  const update = await git(['update-ref', ref, id]);
  if (update.code !== 0) {
    throw new JobFailure('settings_invalid', say`${branch} is not a valid branch name.`);
  }
  await git(['symbolic-ref', 'HEAD', ref]);
}

const failed = ({ stderr }: GitOutcome): CheckoutTrouble => ({ trouble: readTrouble(stderr), stderr });
