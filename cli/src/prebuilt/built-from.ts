/** What an output was built from: branch and commit, as Git or the CI service says. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { BranchName, CommitHash } from '@appflux/protocol';
import type { z } from 'zod';

const run = promisify(execFile);

export interface BuiltFrom {
  readonly branch: string | null;
  readonly commitHash: string | null;
  readonly commitMessage: string | null;
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Variables with the branch, by CI service: GitHub Actions (pull request, then push), GitLab (merge request, then push),
 * Bitbucket, CircleCI, Jenkins. In CI, Git itself has a commit checked out and no branch.
 */
const BRANCHES = [
  'GITHUB_HEAD_REF',
  'CI_MERGE_REQUEST_SOURCE_BRANCH_NAME',
  'CI_COMMIT_BRANCH',
  'BITBUCKET_BRANCH',
  'CIRCLE_BRANCH',
  'BRANCH_NAME',
];
const COMMITS = ['GITHUB_SHA', 'CI_COMMIT_SHA', 'BITBUCKET_COMMIT', 'CIRCLE_SHA1', 'GIT_COMMIT'];

/** The branch by the variables of a CI service; null outside of CI, and for a tag. */
export function branchInCi(env: Environment): string | null {
  for (const name of BRANCHES) {
    const branch = valid(BranchName, env[name]);
    if (branch !== null) return branch;
  }
  return env.GITHUB_REF_TYPE === 'branch' ? valid(BranchName, env.GITHUB_REF_NAME) : null;
}

/** The commit by the variables of a CI service; null outside of CI. */
export const commitInCi = (env: Environment): string | null =>
  COMMITS.map((name) => valid(CommitHash, env[name])).find((commit) => commit !== null) ?? null;

/**
 * What the output in a folder was built from. What neither a CI service nor Git says is null.
 * @param branch the branch that a person has named; null if they have named none
 */
export async function builtFrom(folder: string, env: Environment, branch: string | null): Promise<BuiltFrom> {
  const [head, current, message] = await Promise.all([
    git(folder, 'rev-parse', '--verify', 'HEAD'),
    git(folder, 'symbolic-ref', '--quiet', '--short', 'HEAD'),
    git(folder, 'log', '-1', '--format=%B'),
  ]);
  const commitHash = valid(CommitHash, head) ?? commitInCi(env);
  return {
    branch: branch ?? branchInCi(env) ?? valid(BranchName, current),
    commitHash,
    commitMessage: commitHash === null ? null : (message?.slice(0, 2000).toWellFormed() ?? null),
  };
}

/**
 * Keeps Git from starting a program that the repository names. An output may come from an untrusted job, and contain a
 * repository, even one without a `.git` (git-config(1), `safe.bareRepository`).
 */
const SAFELY = [
  '-c',
  'safe.bareRepository=explicit',
  '-c',
  'log.showSignature=false',
  '-c',
  'core.fsmonitor=',
];
const OFFLINE = { GIT_ALLOW_PROTOCOL: 'none', GIT_NO_LAZY_FETCH: '1', GIT_OPTIONAL_LOCKS: '0' };

/** What a command of Git prints; null if there is no Git, no repository, or nothing to print. */
async function git(folder: string, ...args: string[]): Promise<string | null> {
  try {
    const { stdout } = await run('git', [...SAFELY, ...args], {
      cwd: folder,
      env: { ...process.env, ...OFFLINE },
      timeout: 10_000,
      maxBuffer: 1024 * 1024,
    });
    return stdout.trim() || null;
  } catch {
    // All reasons mean the same: Git can't say it, and a deployment doesn't need it.
    return null;
  }
}

function valid(schema: z.ZodType<string>, value: string | null | undefined): string | null {
  const parsed = schema.safeParse(value);
  return parsed.success ? parsed.data : null;
}
