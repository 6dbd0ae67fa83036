import { existsSync, readFileSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { SourceAccess } from '@appflux/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { prepareSource } from '../index.ts';
import { SOURCE_LIMITS, type SourceLimits } from '../limits.ts';
import type { GitServer } from '../testing/git-server.ts';
import { gitSource, gitSurroundings } from '../testing/git-surroundings.ts';
import { BareRepository, type TreeEntry } from '../testing/repository.ts';
import { failureOf, type TestSurroundings } from '../testing/surroundings.ts';

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

const WANTED = '{"submodules":true}';

function prepare(
  limits: Partial<SourceLimits> = {},
  token: string | null = null,
  access: SourceAccess | undefined = undefined,
) {
  const options = {
    allowPrivateSources: true,
    limits: { ...SOURCE_LIMITS, retryMs: [0], ...limits },
    access,
  };
  return prepareSource(gitSource(server, { token }), around.workspace, options, around.ctx);
}

const commitOf = (name: string, entries: Readonly<Record<string, TreeEntry>>) =>
  new BareRepository(repos, name).commit(entries);

const gitlink = (commit: string) => ({ mode: '160000', commit }) as const;

const section = (path: string, url: string) => `[submodule "${path}"]\n\tpath = ${path}\n\turl = ${url}\n`;

describe('submodules that a source asks for', () => {
  it('are fetched from the same host, those within them among them, without a repository of their own', async () => {
    const icons = commitOf('icons.git', { 'x.svg': '<svg/>' });
    const theme = commitOf('theme.git', {
      'theme.css': 'body{}',
      icons: gitlink(icons),
      '.gitmodules': section('icons', '../icons.git'),
    });
    commitOf('app.git', {
      'appflux.json': WANTED,
      'vendor/theme': gitlink(theme),
      '.gitmodules': section('vendor/theme', `${server.url}/theme.git`),
    });
    server.password = 'of-the-host';
    const { root } = await prepare({}, 'of-the-host');
    expect(readFileSync(join(root, 'vendor/theme/theme.css'), 'utf8')).toBe('body{}');
    expect(readFileSync(join(root, 'vendor/theme/icons/x.svg'), 'utf8')).toBe('<svg/>');
    expect(existsSync(join(root, 'vendor/theme/.git'))).toBe(false);
    expect(existsSync(join(root, 'vendor/theme/icons/.git'))).toBe(false);
    expect(existsSync(join(root, '.git'))).toBe(true);
    expect(around.lines).toContain(
      `Fetching the submodule "vendor/theme/icons": ${server.url}/icons.git, commit ${icons.slice(0, 12)}.`,
    );
  });

  it('get no token where it is for the repository alone', async () => {
    const secret = commitOf('secret.git', { 'secret.txt': 's' });
    commitOf('app.git', {
      'appflux.json': WANTED,
      stolen: gitlink(secret),
      '.gitmodules': section('stolen', '../secret.git'),
    });
    server.password = 'of-the-host';
    const failure = await failureOf(prepare({}, 'of-the-host', { ownRepositoryOnly: true }));
    expect(failure.code).toBe('source_unavailable');
    expect(failure.message).toContain('(submodule stolen)');
    expect(await readdir(join(around.workspace.source, 'stolen'))).toEqual([]);
  });

  it('that anyone may read are fetched where the token is for the repository alone', async () => {
    const theme = commitOf('theme.git', { 'theme.css': 'body{}' });
    commitOf('app.git', {
      'appflux.json': WANTED,
      theme: gitlink(theme),
      '.gitmodules': section('theme', '../theme.git'),
    });
    const { root } = await prepare({}, 'of-the-host', { ownRepositoryOnly: true });
    expect(readFileSync(join(root, 'theme/theme.css'), 'utf8')).toBe('body{}');
  });

  it('are not fetched unless appflux.json says so, and the log tells how', async () => {
    const theme = commitOf('theme.git', { a: 'a' });
    commitOf('app.git', { theme: gitlink(theme), '.gitmodules': section('theme', '../theme.git') });
    const { root } = await prepare();
    expect(await readdir(join(root, 'theme'))).toEqual([]);
    expect(around.lines.at(-1)).toMatch(/^Submodules are not fetched; .*"theme".*"submodules": true/);
    expect(server.requests.filter((line) => line.includes('theme.git'))).toEqual([]);
  });

  it.each([
    ['file://', (folder: string) => `file://${folder}/secret.git`],
    ['a path of the host', (folder: string) => `${folder}/secret.git`],
    ['ext::', () => 'ext::sh -c touch% ran'],
    ['an option', () => '--upload-pack=touch ran'],
    ['another host', () => 'https://other.example.com/theme.git'],
    ['the metadata service', () => 'http://169.254.169.254/latest.git'],
    ['another port of the host', () => 'http://127.0.0.1:1/theme.git'],
  ])('are refused when they are at %s, and nothing is run or asked', async (_what, url) => {
    const secret = commitOf('secret.git', { 'secret.txt': 's' });
    commitOf('app.git', {
      'appflux.json': WANTED,
      s: gitlink(secret),
      '.gitmodules': section('s', url(repos)),
    });
    const failure = await failureOf(prepare());
    expect(failure.code).toBe('source_invalid');
    expect(failure.message).toContain(`Submodules are fetched only from ${server.url}.`);
    expect(await readdir(join(around.workspace.source, 's'))).toEqual([]);
    expect(server.requests.every((line) => line.includes('/app.git/'))).toBe(true);
  });

  it('name the submodule whose commit is not there', async () => {
    commitOf('theme.git', { a: 'a' });
    commitOf('app.git', {
      'appflux.json': WANTED,
      theme: gitlink('1'.repeat(40)),
      '.gitmodules': section('theme', '../theme.git'),
    });
    const failure = await failureOf(prepare());
    expect(failure.code).toBe('source_unavailable');
    expect(failure.message).toContain('(submodule theme)');
  });

  it('without an address, or without .gitmodules, are refused', async () => {
    const s = gitlink('1'.repeat(40));
    const app = new BareRepository(repos, 'app.git');
    app.commit({ 'appflux.json': WANTED, s });
    expect((await failureOf(prepare())).message).toContain('no .gitmodules');
    await rm(around.workspace.source, { recursive: true });
    app.commit({ 'appflux.json': WANTED, s, '.gitmodules': section('t', '../t.git') });
    expect((await failureOf(prepare())).message).toContain('"s" has no URL');
  });

  it('count against the limits of the whole source', async () => {
    const theme = commitOf('theme.git', { a: 'a', b: 'b' });
    commitOf('app.git', {
      'appflux.json': WANTED,
      one: gitlink(theme),
      two: gitlink(theme),
      '.gitmodules': section('one', '../theme.git') + section('two', '../theme.git'),
    });
    expect((await failureOf(prepare({ entries: 7 }))).message).toBe(
      'The repository contains more than 7 files.',
    );
  });

  it('that hold themselves end at a depth', async () => {
    // A commit cannot name itself, but a chain can be as long as one likes.
    let inner = commitOf('m0.git', { a: 'a' });
    for (let level = 1; level <= 6; level += 1) {
      inner = commitOf(level === 6 ? 'app.git' : `m${level}.git`, {
        'appflux.json': WANTED,
        m: gitlink(inner),
        '.gitmodules': section('m', `../m${level - 1}.git`),
      });
    }
    expect((await failureOf(prepare())).message).toContain('levels deep');
  });
});
