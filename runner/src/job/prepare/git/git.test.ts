import { execFileSync } from 'node:child_process';
import { existsSync, lstatSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { JobSource } from '@appflux/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { JobFailure } from '../../../step-context.ts';
import { prepareSource } from '../index.ts';
import { SOURCE_LIMITS, type SourceLimits } from '../limits.ts';
import { BUILDER_UID } from '../settle.ts';
import { type GitServer, startGitServer } from '../testing/git-server.ts';
import { gitSurroundings, gitSource as sourceOn } from '../testing/git-surroundings.ts';
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

const TOKEN = 'tok3n-of-a-private-repository';

const gitSource = (change: Parameters<typeof sourceOn>[1] = {}) => sourceOn(server, change);

const quick: SourceLimits = { ...SOURCE_LIMITS, retryMs: [0] };

const prepare = (source: JobSource, limits: SourceLimits = quick) =>
  prepareSource(source, around.workspace, { allowPrivateSources: true, limits }, around.ctx);

function repository(
  entries: Readonly<Record<string, TreeEntry>> = { 'index.html': '<h1>Hi</h1>' },
  name = 'app.git',
) {
  const repo = new BareRepository(repos, name);
  const commit = repo.commit(entries);
  return { repo, commit };
}

/** Everything below a folder as text, for searching; file contents among it. */
async function everythingIn(folder: string): Promise<string> {
  const parts: string[] = [];
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    parts.push(path);
    if (entry.isFile()) parts.push(await readFile(path, 'latin1'));
  }
  return parts.join('\n');
}

describe('fetching from Git', () => {
  it('gives the tree, the commit, its message and its branch', async () => {
    const { repo } = repository();
    const id = repo.commit({ 'index.html': 'two', 'src/a.js': 'a' }, { message: 'Second\n\nWith a body.\n' });
    const prepared = await prepare(gitSource());
    expect(prepared).toEqual({
      tagMessage: null,
      isShallow: true,
      commitHash: id,
      commitMessage: 'Second\n\nWith a body.',
      branch: 'main',
      root: around.workspace.source,
    });
    expect(readFileSync(join(prepared.root, 'src/a.js'), 'utf8')).toBe('a');
    expect(around.lines).toEqual([
      `Fetching ${server.url}/app.git, branch main.`,
      `Checked out ${id.slice(0, 12)}: Second`,
    ]);
  });

  it('leaves a repository of one commit on its branch, without an address in it', async () => {
    const { repo } = repository();
    const id = repo.commit({ 'index.html': 'two' });
    await prepare(gitSource());
    const git = join(around.workspace.source, '.git');
    expect(readFileSync(join(git, 'HEAD'), 'utf8')).toBe('ref: refs/heads/main\n');
    expect(readFileSync(join(git, 'shallow'), 'utf8').trim()).toBe(id);
    expect(await everythingIn(git)).not.toContain('127.0.0.1');
    expect(existsSync(join(git, 'hooks'))).toBe(false);
  });

  it('builds a commit by its hash, even one that is no branch head', async () => {
    const { repo, commit } = repository({ 'a.txt': 'old' });
    repo.commit({ 'a.txt': 'new' });
    const prepared = await prepare(gitSource({ commit }));
    expect(prepared.commitHash).toBe(commit);
    expect(readFileSync(join(prepared.root, 'a.txt'), 'utf8')).toBe('old');
    expect(around.lines.join()).not.toContain('looking for it');
  });

  it('looks for a commit in the branch when the server gives none by its hash', async () => {
    server.onlyProtocol0 = true;
    const { repo, commit } = repository({ 'a.txt': 'old' });
    for (let i = 0; i < 52; i += 1) repo.commit({ 'a.txt': `new ${i}` });
    const prepared = await prepare(gitSource({ commit }));
    expect(prepared.commitHash).toBe(commit);
    expect(around.lines).toContain('The server does not serve single commits. Searching the branch.');
  });

  it('finds a shortened hash', async () => {
    const { repo, commit } = repository({ 'a.txt': 'old' });
    repo.commit({ 'a.txt': 'new' });
    expect((await prepare(gitSource({ commit: commit.slice(0, 9) }))).commitHash).toBe(commit);
  });

  it('says which commit is missing', async () => {
    repository();
    const commit = '0123456789'.repeat(4);
    const failure = await failureOf(prepare(gitSource({ commit })));
    expect(failure.code).toBe('source_unavailable');
    expect(failure.message).toBe(`Branch main of ${server.url}/app.git has no commit ${commit}.`);
  });

  it('takes a tag where there is no branch of that name', async () => {
    const { repo, commit } = repository();
    repo.git(['tag', 'v1.0.0', commit]);
    const prepared = await prepare(gitSource({ branch: 'v1.0.0' }));
    expect(prepared).toMatchObject({ commitHash: commit, branch: 'v1.0.0' });
  });

  it('fetches from a repository with SHA-256 names', async () => {
    const commit = new BareRepository(repos, 'app.git', 'sha256').commit({ 'a.txt': 'a' });
    expect(commit).toHaveLength(64);
    expect((await prepare(gitSource())).commitHash).toBe(commit);
    expect((await prepare(gitSource({ commit }))).commitHash).toBe(commit);
  });

  it('builds in the root directory', async () => {
    repository({ 'apps/web/index.html': 'x' });
    const prepared = await prepare(gitSource({ rootDirectory: './apps/web/' }));
    expect(prepared.root).toBe(join(around.workspace.source, 'apps/web'));
  });

  it('takes the root directory from appflux.json while the app names none', async () => {
    repository({
      'site/index.html': 'x',
      'other/index.html': 'y',
      'appflux.json': '{"rootDirectory":"site"}',
    });
    expect((await prepare(gitSource())).root).toBe(join(around.workspace.source, 'site'));
    expect((await prepare(gitSource({ rootDirectory: 'other' }))).root).toBe(
      join(around.workspace.source, 'other'),
    );
  });

  it('names the nearest folder when the root directory is missing', async () => {
    repository({ 'apps/website/index.html': 'x', 'apps/api/x': 'y' });
    const failure = await failureOf(prepare(gitSource({ rootDirectory: 'apps/websit' })));
    expect(failure).toMatchObject({ code: 'settings_invalid' });
    expect(failure.message).toContain('"apps/websit"');
    expect(failure.hint).toContain('apps/website');
  });

  it.runIf(process.getuid?.() === 0)('gives the tree to the user that builds', async () => {
    repository({ 'a/run.sh': { mode: '100755', text: '#!/bin/sh\n' }, 'a/b.txt': 'b' });
    const { root } = await prepare(gitSource());
    const stats = ['', 'a', 'a/run.sh', 'a/b.txt', '.git/HEAD'].map((path) => lstatSync(join(root, path)));
    expect(stats.map(({ uid }) => uid)).toEqual(Array(5).fill(BUILDER_UID));
    expect(stats.map(({ mode }) => (mode & 0o777).toString(8))).toEqual(['755', '755', '755', '644', '644']);
  });
});

describe('what Git says when it fails', () => {
  it('names a branch that does not exist', async () => {
    repository();
    const failure = await failureOf(prepare(gitSource({ branch: 'nope' })));
    expect(failure.code).toBe('source_unavailable');
    expect(failure.message).toBe(`${server.url}/app.git has no branch or tag nope (branch nope).`);
  });

  it('names a repository that does not exist', async () => {
    const failure = await failureOf(prepare(gitSource({ repoUrl: `${server.url}/none.git` })));
    expect(failure.message).toBe(
      `The server has no repository ${server.url}/none.git, or it is private (branch main).`,
    );
  });

  it('says that a password is needed', async () => {
    repository();
    server.password = TOKEN;
    const failure = await failureOf(prepare(gitSource()));
    expect(failure.message).toContain('requires authentication');
  });

  it('says that the token was refused, without the token', async () => {
    repository();
    server.password = 'another';
    const failure = await failureOf(prepare(gitSource({ token: TOKEN })));
    expect(failure.message).toContain('The server rejected the token');
    expect(JSON.stringify(failure) + failure.stack + around.lines.join()).not.toContain(TOKEN);
  });

  it('tries again when the server fails, and then gives up', async () => {
    repository();
    let left = 1;
    server.intercept = (_request, response) => {
      if (left === 0) return false;
      left -= 1;
      response.writeHead(503).end();
      return true;
    };
    await prepare(gitSource());
    left = 100;
    const failure = await failureOf(prepare(gitSource()));
    expect(failure.message).toContain('failed or is overloaded');
  });

  it('says that the connection failed', async () => {
    const url = server.url;
    await server.close();
    const failure = await failureOf(prepare(gitSource({ repoUrl: `${url}/app.git` })));
    expect(failure.message).toMatch(/^The connection to .* failed/);
    server = await startGitServer(repos);
  });

  it('says that a web page is no repository', async () => {
    server.intercept = (_request, response) => {
      response
        .writeHead(200, { 'content-type': 'text/html' })
        .end('<!doctype html>\n<title>A page</title>\n<p>No repository.</p>\n');
      return true;
    };
    const failure = await failureOf(prepare(gitSource()));
    expect(failure.message).toContain('is not a Git repository');
  });

  it('gives up on a server that does not respond', async () => {
    server.intercept = () => true;
    const failure = await failureOf(prepare(gitSource(), { ...quick, fetchMs: 300 }));
    expect(failure.code).toBe('source_unavailable');
    expect(failure.message).toContain('took longer than');
  });

  it('stops immediately when the job is canceled', async () => {
    const reason = new Error('canceled by a test');
    server.intercept = () => {
      around.abort(reason);
      return true;
    };
    await expect(prepare(gitSource())).rejects.toBe(reason);
  });
});

describe('a token', () => {
  it('opens a private repository and is nowhere on disk or in the log', async () => {
    repository();
    server.password = TOKEN;
    await prepare(gitSource({ token: TOKEN }));
    expect(server.authorizations.length).toBeGreaterThan(0);
    const encoded = Buffer.from(`x-access-token:${TOKEN}`).toString('base64');
    const left = (await everythingIn(around.folder)) + around.lines.join('\n');
    expect(left).not.toContain(TOKEN);
    expect(left).not.toContain(encoded);
    expect(server.requests.join('\n')).not.toContain(TOKEN);
  });

  it('is not sent to another host that the repository redirects to', async () => {
    repository();
    const other = await startGitServer(repos);
    try {
      other.password = TOKEN;
      server.intercept = (request, response) => {
        response.writeHead(302, { location: `${other.url}${request.url}` }).end();
        return true;
      };
      const failure = await failureOf(prepare(gitSource({ token: TOKEN })));
      expect(failure.code).toBe('source_unavailable');
      expect(other.requests.length).toBeGreaterThan(0);
      expect(other.authorizations).toEqual([]);
    } finally {
      await other.close();
    }
  });
});

describe('redirects', () => {
  const moveTo = (location: (path: string) => string) => {
    server.intercept = (request, response) => {
      if (!request.url?.startsWith('/old.git')) return false;
      response.writeHead(301, { location: location(request.url) }).end();
      return true;
    };
  };

  it('are followed to where a repository has moved, and said', async () => {
    const { commit } = repository();
    moveTo((path) => path.replace('/old.git', '/app.git'));
    expect((await prepare(gitSource({ repoUrl: `${server.url}/old.git` }))).commitHash).toBe(commit);
    expect(around.lines).toContain(`${server.url}/old.git redirects to ${server.url}/app.git.`);
  });

  it('end when they go round in circles', async () => {
    moveTo((path) => path);
    const failure = await failureOf(prepare(gitSource({ repoUrl: `${server.url}/old.git` })));
    expect(failure.message).toContain('redirects too often');
  });
});

describe('a hostile repository', () => {
  it('cannot bring a file or a symlink named .git, however it is spelled', async () => {
    for (const [name, entry] of [
      ['.git', { mode: '120000', text: '/tmp' }],
      ['.git', 'gitdir: /tmp'],
      ['.GIT', { mode: '120000', text: '/tmp' }],
      ['git~1', { mode: '120000', text: '/tmp' }],
      ['.g\u200cit', { mode: '120000', text: '/tmp' }],
    ] as [string, TreeEntry][]) {
      const repo = new BareRepository(repos, `${Buffer.from(name).toString('hex')}-${typeof entry}.git`);
      repo.commit({ 'a.txt': 'a', [name]: entry });
      const repoUrl = `${server.url}/${repo.path.split('/').at(-1)}`;
      const failure = await failureOf(prepare(gitSource({ repoUrl })));
      expect(failure.code).toBe('source_invalid');
      expect(failure.message).toContain('can’t be checked out');
    }
  });

  it('cannot write through a link of its own', async () => {
    const outside = join(around.folder, 'outside');
    await mkdir(outside);
    const repo = new BareRepository(repos, 'app.git');
    // One tree with two entries of one name: a link, and a folder with a file in it.
    const link = repo.tree({ a: { mode: '120000', text: outside } });
    const folder = repo.tree({ a: { mode: '040000', tree: repo.tree({ 'owned.txt': 'x' }) } });
    const entries = [link, folder].map((tree) => repo.git(['ls-tree', tree]));
    repo.commitTree(repo.git(['mktree'], `${entries.join('\n')}\n`));
    await prepare(gitSource()).catch((error: unknown) => expect(error).toBeInstanceOf(JobFailure));
    expect(await readdir(outside)).toEqual([]);
  });

  it('runs neither hooks nor filters nor file system monitors', async () => {
    const mark = join(around.folder, 'ran');
    const script = `#!/bin/sh\necho ran > ${mark}\n`;
    const program = { mode: '100755', text: script } as const;
    const { repo } = repository({
      '.gitattributes': '* filter=evil diff=evil merge=evil working-tree-encoding=UTF-8\n*.bin filter=lfs\n',
      '.gitconfig': `[filter "evil"]\n\tsmudge = touch ${mark}\n[core]\n\tfsmonitor = touch ${mark}\n`,
      '.lfsconfig': '[lfs]\n\turl = http://127.0.0.1:1/\n',
      'hooks/post-checkout': program,
      '.githooks/post-checkout': program,
      'a.bin': 'version https://git-lfs.github.com/spec/v1\n',
    });
    // Hooks on the server's side are the server's; none comes along.
    writeFileSync(join(repo.path, 'hooks', 'post-checkout'), script, { mode: 0o755 });
    const home = join(around.folder, 'home');
    await mkdir(home);
    writeFileSync(join(home, '.gitconfig'), `[filter "evil"]\n\tsmudge = touch ${mark}\n\trequired = true\n`);
    const before = process.env.HOME;
    process.env.HOME = home;
    try {
      await prepare(gitSource());
    } finally {
      process.env.HOME = before;
    }
    expect(existsSync(mark)).toBe(false);
    expect(around.lines.join('\n')).toContain('Git LFS is not supported: the build sees only pointers');
  });

  it('gets its LFS pointers left as they are: no server that it names is asked', async () => {
    const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${'0'.repeat(64)}\nsize 12\n`;
    repository({
      '.gitattributes': '* text=auto\n',
      'media/.gitattributes': '*.bin filter=lfs diff=lfs merge=lfs -text\n',
      '.lfsconfig': `[lfs]\n\turl = ${server.url}/lfs\n`,
      'media/a.bin': pointer,
    });
    const { root } = await prepare(gitSource());
    expect(readFileSync(join(root, 'media/a.bin'), 'utf8')).toBe(pointer);
    expect(server.requests.filter((line) => line.includes('lfs'))).toEqual([]);
    expect(around.lines.join('\n')).toContain('Git LFS is not supported: the build sees only pointers');
  });

  it('may have names that are not UTF-8', async () => {
    const repo = new BareRepository(repos, 'app.git');
    const blob = repo.git(['hash-object', '-w', '--stdin'], 'x');
    // git mktree's input is bytes: "caf\u00e9" in Latin-1.
    const line = Buffer.from(`100644 blob ${blob}\tcaf\u00e9\0`, 'latin1');
    const tree = execFileSync('git', ['mktree', '-z'], { cwd: repo.path, input: line, encoding: 'utf8' });
    repo.commitTree(tree.trim());
    const { root } = await prepare(gitSource());
    const names = await readdir(root, { encoding: 'latin1' });
    expect(names.sort()).toEqual(['.git', 'caf\u00e9']);
  });

  it('gets none of its submodules fetched, and the log says so', async () => {
    const secret = new BareRepository(repos, 'secret.git');
    const commit = secret.commit({ 'secret.txt': 's' });
    repository({
      '.gitmodules': `[submodule "s"]\n\tpath = s\n\turl = file://${secret.path}\n[submodule "x"]\n\tpath = x\n\turl = ext::sh -c touch% ran\n`,
      s: { mode: '160000', commit },
      'a.txt': 'a',
    });
    const { root } = await prepare(gitSource());
    expect(await readdir(join(root, 's'))).toEqual([]);
    expect(around.lines.join('\n')).toContain('Submodules are not fetched; their folders stay empty: "s".');
    expect(server.requests.every((line) => line.includes('/app.git/'))).toBe(true);
  });

  it('loses links that lead out of it, also by way of others, and keeps the rest', async () => {
    const link = (text: string) => ({ mode: '120000', text }) as const;
    repository({
      'a.txt': 'a',
      'deep/up': link('..'),
      inside: link('deep/../a.txt'),
      dangling: link('not/there.txt'),
      absolute: link('/etc/passwd'),
      relative: link('../../etc/passwd'),
      sneaky: link('deep/up/../x'),
      round: link('round'),
    });
    const { root } = await prepare(gitSource());
    const left = (await readdir(root)).filter((name) => name !== '.git').sort();
    expect(left).toEqual(['a.txt', 'dangling', 'deep', 'inside']);
    expect(readlinkSync(join(root, 'inside'))).toBe('deep/../a.txt');
    expect(around.lines).toContain(
      'Removed links to paths outside the repository: "absolute", "relative", "round", "sneaky".',
    );
  });

  it('is refused when few objects make a tree beyond all bounds', async () => {
    const repo = new BareRepository(repos, 'app.git');
    let tree = repo.tree({ f: 'x' });
    // Ten folders of ten folders of ...: ten thousand million files in a few hundred bytes.
    for (let level = 0; level < 10; level += 1) {
      tree = repo.tree(
        Object.fromEntries(
          Array.from({ length: 10 }, (_, i) => [`d${i}`, { mode: '040000', tree } as const]),
        ),
      );
    }
    repo.commitTree(tree);
    const failure = await failureOf(prepare(gitSource()));
    expect(failure.code).toBe('source_invalid');
    expect(failure.message).toBe(`The repository contains more than ${SOURCE_LIMITS.entries} files.`);
    expect(await readdir(around.workspace.source)).toEqual(['.git']);
  });

  it('is refused when its files are too large, before they are written', async () => {
    repository({ 'zeros.bin': '\0'.repeat(2_000_000) });
    const failure = await failureOf(prepare(gitSource(), { ...quick, treeBytes: 1_000_000 }));
    expect(failure.message).toBe('The files of the repository are larger than 1.0 MB.');
    expect(await readdir(around.workspace.source)).toEqual(['.git']);
  });

  it('is refused when more is sent than may be fetched', async () => {
    const noise = Array.from({ length: 20_000 }, (_, i) => `${Math.sin(i + 1)}`).join('');
    repository({ 'noise.txt': noise });
    const failure = await failureOf(prepare(gitSource(), { ...quick, fetchBytes: 10_000 }));
    expect(failure).toMatchObject({ code: 'source_invalid' });
    expect(failure.message).toContain('is larger than');
  });

  it('cannot forge log lines with its commit message or file names', async () => {
    const repo = new BareRepository(repos, 'app.git');
    repo.commit(
      { 'a\u001b[2Jb': { mode: '160000', commit: '1'.repeat(40) } },
      { message: 'x\r\u001b[2Kforged\u202e' },
    );
    const prepared = await prepare(gitSource());
    expect(prepared.commitMessage).not.toMatch(/\p{Cc}/u);
    expect(around.lines.join('')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  });
});

describe('addresses', () => {
  const guarded = (source: JobSource) =>
    prepareSource(source, around.workspace, { allowPrivateSources: false, limits: quick }, around.ctx);

  it('that are plain http are refused', async () => {
    const failure = await failureOf(guarded(gitSource()));
    expect(failure).toMatchObject({ code: 'settings_invalid' });
    expect(failure.message).toContain('plain http');
    expect(server.requests).toEqual([]);
  });

  it.each([
    'https://127.0.0.1/a.git',
    'https://localhost/a.git',
    'https://127.1/a.git',
    'https://0x7f000001/a.git',
    'https://2130706433/a.git',
    'https://[::1]/a.git',
    'https://[::ffff:127.0.0.1]/a.git',
    'https://[64:ff9b::7f00:1]/a.git',
    'https://10.1.2.3/a.git',
    'https://100.64.0.1/a.git',
    'https://169.254.169.254/latest',
    'https://[fd00:ec2::254]/latest',
    'https://168.63.129.16/a',
    'https://0.0.0.0/a.git',
  ])('that lead inside are refused: %s', async (repoUrl) => {
    const failure = await failureOf(guarded(gitSource({ repoUrl })));
    expect(failure.code).toBe('source_unavailable');
    expect(failure.message).toContain('doesn’t allow');
  });

  it.each([
    'file:///etc',
    'ext::sh -c id',
    '--upload-pack=id',
    'ssh://host/a',
    'git://host/a',
    'https://u:p@host/a',
    'https://token@host/a',
    'git@host:a.git',
    'host:a.git',
    'https://host/a\n--upload-pack=id',
    'https://host\r\nX-Forged: 1/a',
    'https://a b/',
    '/etc',
  ])('that are none are refused: %s', async (repoUrl) => {
    const failure = await failureOf(prepare(gitSource({ repoUrl })));
    expect(failure.code).toBe('settings_invalid');
  });

  it.each(['--upload-pack=id', '-c', 'a..b', 'a b', 'a:b'])(
    'are not confused with a ref: %s',
    async (branch) => {
      repository();
      const failure = await failureOf(prepare(gitSource({ branch })));
      expect(['source_unavailable', 'settings_invalid']).toContain(failure.code);
    },
  );
});
