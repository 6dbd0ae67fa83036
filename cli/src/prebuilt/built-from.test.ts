import { execFileSync } from 'node:child_process';
import { access, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
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

describe('a repository that somebody else has made, such as one in an output from another job', () => {
  let folder: string;
  let ran: string;
  const git = (args: readonly string[], input = '') =>
    execFileSync('git', args, {
      cwd: folder,
      input,
      encoding: 'utf8',
      stdio: ['pipe', 'pipe', 'ignore'],
    }).trim();

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'appflux-built-from-'));
    ran = join(folder, 'ran');
    await writeFile(join(folder, 'run.sh'), `#!/bin/sh\ntouch '${ran}'\nexit 1\n`, { mode: 0o755 });
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  /** A commit whose signature Git has checked by the program that the repository names, if it is asked to. */
  const commitSigned = (): void => {
    const tree = git(['hash-object', '-t', 'tree', '-w', '--stdin']);
    const signature = 'gpgsig -----BEGIN PGP SIGNATURE-----\n \n x\n -----END PGP SIGNATURE-----';
    const person = 'a <a@example.com> 0 +0000';
    const text = `tree ${tree}\nauthor ${person}\ncommitter ${person}\n${signature}\n\nAdd it\n`;
    git(['update-ref', 'HEAD', git(['hash-object', '-t', 'commit', '-w', '--stdin'], text)]);
    git(['config', 'log.showSignature', 'true']);
    git(['config', 'gpg.program', join(folder, 'run.sh')]);
  };

  test.each([
    ['in .git', ['init', '--quiet']],
    ['without a work tree, which a commit can contain', ['init', '--quiet', '--bare', '.']],
  ])('runs none of its programs to check a signature: %s', async (_, init) => {
    git(init);
    commitSigned();
    await builtFrom(folder, {}, null);
    await expect(access(ran)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  test('runs none of its programs to fetch what it lacks', async () => {
    git(['init', '--quiet', '--initial-branch=work']);
    await writeFile(join(folder, '.git', 'refs', 'heads', 'work'), `${COMMIT}\n`);
    for (const [name, value] of [
      ['core.repositoryFormatVersion', '1'],
      ['extensions.partialClone', 'origin'],
      ['remote.origin.promisor', 'true'],
      ['remote.origin.url', folder],
      ['remote.origin.uploadpack', join(folder, 'run.sh')],
      ['protocol.file.allow', 'always'],
    ] as const)
      git(['config', name, value]);
    await builtFrom(folder, {}, null);
    await expect(access(ran)).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

test('outside of both it is unknown', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'appflux-built-from-'));
  expect(await builtFrom(folder, {}, null)).toEqual({ branch: null, commitHash: null, commitMessage: null });
  await rm(folder, { recursive: true });
});
