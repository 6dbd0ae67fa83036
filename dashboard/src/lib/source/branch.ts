import { BranchName } from '@appflux/protocol';

/** What is wrong with a branch name; null if it is valid. */
export function branchProblem(branch: string): string | null {
  return BranchName.safeParse(branch).error?.issues[0]?.message ?? null;
}
