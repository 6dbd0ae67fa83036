/** Looking at real repositories behind a real Git server. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { LookFindings, type LookTask, MAX_LOOK_BRANCHES } from '@appflux/protocol';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { CredentialTrouble } from '../job/prepare/git/errors.ts';
import type { SourceLimits } from '../job/prepare/limits.ts';
import type { GitServer } from '../job/prepare/testing/git-server.ts';
import { gitSurroundings } from '../job/prepare/testing/git-surroundings.ts';
import { BareRepository, type TreeEntry } from '../job/prepare/testing/repository.ts';
import { failureOf, type TestSurroundings } from '../job/prepare/testing/surroundings.ts';
import { maskWith } from '../masking/mask.ts';
import { Secrets } from '../masking/secrets.ts';
import { LOOK_LIMITS, lookAt } from './look.ts';

let around: TestSurroundings;
let server: GitServer;
let repos: string;

beforeEach(async () => {
  ({ around, repos, server } = await gitSurroundings());
});

afterEach(async () => {
  await server.close();
  await around.remove();
});

const TOKEN = 'tok3n-of-a-private-repository';
const VITE = JSON.stringify({
  scripts: { build: 'vite build' },
  devDependencies: { vite: '8.0.0' },
  name: 'shop',
});

const look = (change: Partial<LookTask> = {}, limits: SourceLimits = { ...LOOK_LIMITS, retryMs: [0] }) =>
  lookAt(
    {
      id: '0'.repeat(24),
      repoUrl: `${server.url}/app.git`,
      branch: null,
      rootDirectory: null,
      token: null,
      access: {},
      servers: false,
      ...change,
    },
    around.workspace,
    { allowPrivateSources: true, mask: maskWith(new Secrets([change.token ?? ''])), limits },
    around.ctx,
  );

function repository(entries: Readonly<Record<string, TreeEntry>>, branch = 'main') {
  const repo = new BareRepository(repos, 'app.git');
  return { repo, commit: repo.commit(entries, { branch }) };
}

describe('a look', () => {
  test('gives the default branch, its commit, the other branches and how it is built', async () => {
    const { repo } = repository({ 'package.json': VITE, 'pnpm-lock.yaml': 'lockfileVersion: 9.0' }, 'trunk');
    repo.git(['symbolic-ref', 'HEAD', 'refs/heads/trunk']);
    repo.commit({ 'index.html': 'next' }, { branch: 'a-feature' });
    const hash = repo.commit(
      { 'package.json': VITE, 'pnpm-lock.yaml': 'lockfileVersion: 9.0' },
      { branch: 'trunk', message: 'Second\n\nWith a body.' },
    );
    const findings = await look();
    expect(LookFindings.parse(findings)).toEqual(findings);
    expect(findings).toMatchObject({
      branch: 'trunk',
      defaultBranch: 'trunk',
      branches: ['trunk', 'a-feature'],
      commit: { hash, message: 'Second' },
      candidates: { problem: null },
    });
    expect(findings.candidates.ways[0]?.plan).toMatchObject({
      framework: 'vite',
      packageManager: 'pnpm',
      buildCommand: 'pnpm run build',
    });
  });

  test('of a branch or a tag gives that one', async () => {
    const { repo } = repository({ 'package.json': VITE });
    const next = repo.commit({ 'index.html': 'next' }, { branch: 'next' });
    repo.git(['tag', 'v1', next]);
    expect(await look({ branch: 'next' })).toMatchObject({ branch: 'next', commit: { hash: next } });
    const tagged = await look({ branch: 'v1' });
    expect(tagged.candidates.ways.map(({ plan }) => plan.framework)).toEqual([null]);
  });

  test('writes no file of the repository to the disk, and runs nothing of it', async () => {
    repository({
      'package.json': VITE,
      '.gitattributes': '* filter=evil\n',
      '.gitmodules': '[submodule "x"]\n path = x\n url = https://example.com/x.git\n',
      'evil.sh': { mode: '100755', text: 'touch ran' },
    });
    await look();
    expect(await readdir(around.workspace.source)).toEqual(['.git']);
    await expect(readdir(join(around.workspace.scratch, 'git-home'))).rejects.toThrow('ENOENT');
  });

  test('follows no link in the tree', async () => {
    repository({
      'package.json': { mode: '120000', text: '/etc/passwd' },
      web: { mode: '120000', text: '..' },
    });
    const { candidates } = await look();
    expect(candidates.ways).toEqual([]);
    expect(JSON.stringify(candidates)).not.toContain('root:');
  });

  test('begins at the root directory, or where appflux.json says', async () => {
    const { repo } = repository({ 'web/package.json': VITE, 'api/index.html': 'x' });
    expect((await look({ rootDirectory: './web' })).candidates.ways[0]?.plan.framework).toBe('vite');
    repo.commit({ 'web/package.json': VITE, 'appflux.json': '{"rootDirectory":"web"}' });
    expect((await look()).candidates.ways[0]?.plan.framework).toBe('vite');
  });

  test('says that there are several projects, and which', async () => {
    repository({ 'shop/package.json': VITE, 'blog/package.json': VITE });
    const { candidates } = await look();
    expect(candidates.problem?.hint).toContain('"blog", "shop"');
    expect(candidates.ways.map(({ set }) => set.rootDirectory)).toEqual(['blog', 'shop']);
  });

  test('finds the project at the top of a repository with more files than are listed', async () => {
    const { repo } = repository({ 'x.txt': 'same' });
    const blob = repo.git(['hash-object', '-w', '--stdin'], 'same');
    const files = Array.from({ length: 2000 }, (_, n) => `100644 blob ${blob}\t${n}\0`).join('');
    let tree = repo.git(['mktree', '-z'], files);
    tree = repo.git(['mktree', '-z'], `040000 tree ${tree}\tb\0`);
    const folders = Array.from({ length: 60 }, (_, n) => `040000 tree ${tree}\ta${n}\0`);
    const pkg = repo.git(['hash-object', '-w', '--stdin'], VITE);
    const top = repo.git(['mktree', '-z'], `${folders.join('')}100644 blob ${pkg}\tpackage.json\0`);
    repo.commitTree(top);
    expect((await look()).candidates.ways[0]?.plan.framework).toBe('vite');
  });

  test('names at most as many branches as a form can show, the default one among them', async () => {
    const { repo, commit } = repository({ 'package.json': VITE }, 'zz-main');
    repo.git(['symbolic-ref', 'HEAD', 'refs/heads/zz-main']);
    const updates = Array.from({ length: 150 }, (_, n) => `create refs/heads/b${n} ${commit}\n`).join('');
    repo.git(['update-ref', '--stdin'], updates);
    const { branches } = await look();
    expect(branches).toHaveLength(MAX_LOOK_BRANCHES);
    expect(branches[0]).toBe('zz-main');
  });
});

describe('a look that finds nothing', () => {
  test('says that a credential is missing, or was rejected, and never shows it', async () => {
    repository({ 'package.json': VITE });
    server.password = TOKEN;
    const missing = await failureOf(look());
    expect(missing.code).toBe('source_unavailable');
    expect(missing.cause).toMatchObject({ credential: 'missing' });
    expect(missing.hint).toBe(
      'Check the repository URL. For a private repository, enter an access token or an SSH key.',
    );
    const rejected = await failureOf(look({ token: 'another-wrong-token' }));
    expect(rejected.cause).toBeInstanceOf(CredentialTrouble);
    expect(rejected.cause).toMatchObject({ credential: 'rejected' });
    expect(`${rejected.message} ${rejected.hint}`).not.toContain('another-wrong-token');
    expect((await look({ token: TOKEN })).branch).toBe('main');
  });

  test('names the branches that there are', async () => {
    repository({ 'package.json': VITE });
    const { message, hint, cause } = await failureOf(look({ branch: 'nope' }));
    expect(message).toContain('has no branch or tag nope');
    expect(hint).toBe('Choose another branch. The repository has "main".');
    expect(cause).toBeUndefined();
  });

  test('says that the repository is empty', async () => {
    new BareRepository(repos, 'app.git');
    expect((await failureOf(look())).message).toContain('is empty: it has no commits (default branch)');
  });

  test('says that the root directory is not there', async () => {
    repository({ 'web/package.json': VITE });
    for (const rootDirectory of ['shop', 'web/package.json'])
      expect((await failureOf(look({ rootDirectory }))).code).toBe('settings_invalid');
  });

  test.each(['package.json', 'appflux.json'])('refuses an enormous %s', async (name) => {
    repository({ [name]: ' '.repeat(1024 * 1024 + 1) });
    expect((await failureOf(look())).message).toContain(`${name} is larger than`);
  });

  test('fetches from no private address, and not by http, unless the owner of the runner allows it', async () => {
    repository({ 'package.json': VITE });
    for (const repoUrl of [`${server.url}/app.git`, 'https://127.0.0.1/app.git', 'https://[::1]/app.git']) {
      const refused = lookAt(
        {
          id: '0'.repeat(24),
          repoUrl,
          branch: null,
          rootDirectory: null,
          token: TOKEN,
          access: {},
          servers: false,
        },
        around.workspace,
        { allowPrivateSources: false, mask: String },
        around.ctx,
      );
      expect((await failureOf(refused)).code).toMatch(/^(?:settings_invalid|source_unavailable)$/);
    }
    expect(server.requests).toEqual([]);
  });

  test('of a repository that is too large ends', async () => {
    repository({ 'package.json': VITE, 'a.bin': 'x'.repeat(10_000) });
    const failure = await failureOf(look({}, { ...LOOK_LIMITS, fetchBytes: 50 }));
    expect(failure.message).toContain('is larger than the limit');
  });
});
