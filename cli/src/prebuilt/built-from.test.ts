import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { branchInCi, builtFrom, commitInCi } from './built-from.ts';

const COMMIT = 'c'.repeat(40);

describe('in CI', () => {
  test.each([
    ['a push on GitHub', { GITHUB_REF_TYPE: 'branch', GITHUB_REF_NAME: 'main', GITHUB_HEAD_REF: '' }, 'main'],
    ['a pull request on GitHub', { GITHUB_REF_NAME: '7/merge', GITHUB_HEAD_REF: 'feature/x' }, 'feature/x'],
    ['a tag on GitHub', { GITHUB_REF_TYPE: 'tag', GITHUB_REF_NAME: 'v1' }, null],
    ['a push on GitLab', { CI_COMMIT_BRANCH: 'main' }, 'main'],
    ['a merge request on GitLab', { CI_MERGE_REQUEST_SOURCE_BRANCH_NAME: 'fix' }, 'fix'],
    ['no CI', {}, null],
    ['a branch that is none', { CI_COMMIT_BRANCH: '--upload-pack=x' }, null],
  ])('the branch of %s', (_, env, branch) => {
    expect(branchInCi(env)).toBe(branch);
  });

  test('the commit is that of the service, if it is one', () => {
    expect(commitInCi({ CI_COMMIT_SHA: COMMIT })).toBe(COMMIT);
    expect(commitInCi({ GITHUB_SHA: 'main', BITBUCKET_COMMIT: COMMIT })).toBe(COMMIT);
    expect(commitInCi({})).toBeNull();
  });
});

describe('in a Git repository', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'appflux-built-from-'));
    const git = (...args: string[]) =>
      execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@example.com', ...args], { cwd: folder });
    git('init', '--quiet', '--initial-branch=work');
    await writeFile(join(folder, 'a'), 'a');
    git('add', '.');
    git('commit', '--quiet', '-m', 'Add a map\n\nWith streets.');
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test('it is what is checked out', async () => {
    expect(await builtFrom(folder, {}, null)).toEqual({
      branch: 'work',
      commitHash: expect.stringMatching(/^[0-9a-f]{40}$/),
      commitMessage: 'Add a map\n\nWith streets.',
    });
  });

  test('the branch that a person names counts, then that of CI', async () => {
    expect((await builtFrom(folder, { CI_COMMIT_BRANCH: 'ci' }, 'named')).branch).toBe('named');
    expect((await builtFrom(folder, { CI_COMMIT_BRANCH: 'ci' }, null)).branch).toBe('ci');
  });
});

test('outside of both it is unknown', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'appflux-built-from-'));
  expect(await builtFrom(folder, {}, null)).toEqual({ branch: null, commitHash: null, commitMessage: null });
  await rm(folder, { recursive: true });
});
