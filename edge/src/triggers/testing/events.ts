/** Events for tests of triggers: a push and a pull request that deploy, of which each test changes what it is about. */
import type { PullRequestEvent, PullRequestFacts, PushEvent, Repository } from '../../git-hosts/event.ts';

export const sha = (digit: string): string => digit.repeat(40).slice(0, 40);

export const REPOSITORY: Repository = {
  provider: 'github',
  id: '186853002',
  keys: ['github.com/octo/site'],
  fullName: 'octo/site',
  url: 'https://github.com/octo/site.git',
  defaultBranch: 'main',
};

/** A push of one commit to a branch, `main` by default. */
export const pushOf = (change: Partial<PushEvent> = {}): PushEvent => ({
  kind: 'push',
  repository: REPOSITORY,
  ref: { kind: 'branch', name: 'main' },
  before: sha('a'),
  after: sha('b'),
  forced: false,
  head: { message: 'Change the page', author: 'ada' },
  changed: { known: true, paths: ['index.html'] },
  sender: 'ada',
  ...change,
});

/** An opened pull request from the branch `feature` of the same repository. */
export const pullRequestOf = (
  change: Partial<Omit<PullRequestEvent, 'pullRequest'>> & { pullRequest?: Partial<PullRequestFacts> } = {},
): PullRequestEvent => ({
  kind: 'pull_request',
  repository: REPOSITORY,
  action: 'opened',
  before: null,
  sender: 'ada',
  ...change,
  pullRequest: {
    number: 7,
    title: 'A feature',
    url: 'https://github.com/octo/site/pull/7',
    fork: false,
    head: { branch: 'feature', sha: sha('b'), repoUrl: REPOSITORY.url, message: null },
    base: { branch: 'main', sha: sha('a') },
    draft: false,
    ...change.pullRequest,
  },
});
