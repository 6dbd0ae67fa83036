import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { SourceAccess } from '@appflux/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { prepareSource } from '../index.ts';
import { SOURCE_LIMITS, type SourceLimits } from '../limits.ts';
import type { GitServer } from '../testing/git-server.ts';
import { gitSource, gitSurroundings } from '../testing/git-surroundings.ts';
import { BareRepository } from '../testing/repository.ts';
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

interface Wanted {
  access?: SourceAccess;
  commands?: string[];
  limits?: Partial<SourceLimits>;
  source?: Parameters<typeof gitSource>[1];
}

const prepare = ({ access, commands, limits, source }: Wanted = {}) =>
  prepareSource(
    gitSource(server, source),
    around.workspace,
    {
      allowPrivateSources: true,
      limits: { ...SOURCE_LIMITS, retryMs: [], ...limits },
      access,
      ...(commands === undefined ? {} : { commands }),
    },
    around.ctx,
  );

/** Three commits; the tag v1.0.0 is at the first, and another branch has one of its own. */
function repository(files: Readonly<Record<string, string>> = {}): BareRepository {
  const repo = new BareRepository(repos, 'app.git');
  const first = repo.commit({ ...files, 'a.txt': '1' });
  repo.git(['tag', '-a', 'v1.0.0', '-m', 'First release', first]);
  repo.commit({ ...files, 'a.txt': '2' });
  repo.commit({ ...files, 'a.txt': '3' });
  const other = repo.commit({ 'b.txt': 'other' }, { branch: 'other' });
  repo.git(['tag', 'elsewhere', other]);
  return repo;
}

const git = (...args: string[]) =>
  execFileSync('git', ['-c', 'safe.directory=*', ...args], {
    cwd: around.workspace.source,
    encoding: 'utf8',
    stdio: 'pipe',
  }).trim();

describe('the history of a repository', () => {
  it('is one commit unless the app asks for more', async () => {
    repository();
    expect((await prepare()).isShallow).toBe(true);
    expect(git('rev-list', '--count', 'HEAD')).toBe('1');
    expect(git('tag')).toBe('');
  });

  it('is as deep as the app asks', async () => {
    repository();
    expect((await prepare({ access: { depth: 2 } })).isShallow).toBe(true);
    expect(git('rev-list', '--count', 'HEAD')).toBe('2');
    expect(git('tag')).toBe('');
  });

  it('is whole, with the tags that lead to it and no others, when the app asks for that', async () => {
    repository();
    expect((await prepare({ access: { depth: 'full' } })).isShallow).toBe(false);
    expect(git('rev-list', '--count', 'HEAD')).toBe('3');
    expect(git('describe', '--tags')).toMatch(/^v1\.0\.0-2-g[0-9a-f]+$/);
    expect(git('tag')).toBe('v1.0.0');
    expect(git('for-each-ref', '--format=%(refname)')).toBe('refs/heads/main\nrefs/tags/v1.0.0');
    expect(existsSync(join(around.workspace.source, '.git/refs/appflux/fetched'))).toBe(false);
  });

  it('is whole for a commit that is no branch head', async () => {
    const repo = repository();
    const second = repo.git(['rev-parse', 'main~1']);
    await prepare({ access: { depth: 'full' }, source: { commit: second } });
    expect(git('rev-list', '--count', 'HEAD')).toBe('2');
    expect(git('describe', '--tags')).toMatch(/^v1\.0\.0-1-g/);
  });

  it.each([
    ['package.json', '{"scripts":{"build":"git rev-list --count HEAD > dist/index.html"}}'],
    ['appflux.json', '{"ignoreCommand":"git diff --quiet HEAD^ HEAD -- ."}'],
    ['app/build.gradle', 'def code = "git rev-list --count HEAD".execute().text'],
  ])('is fetched when %s needs it, and the log says why', async (name, text) => {
    repository({ [name]: text });
    expect((await prepare()).isShallow).toBe(false);
    expect(git('rev-list', '--count', 'HEAD')).toBe('3');
    expect(around.lines.join('\n')).toMatch(
      new RegExp(
        `${name} runs \`git (?:rev-list --count|diff --quiet)\`, which needs the repository’s history`,
      ),
    );
  });

  it('is fetched when a command of the app needs it', async () => {
    repository();
    await prepare({ commands: ['npm run build && git describe --tags > dist/version'] });
    expect(git('describe', '--tags')).toMatch(/^v1\.0\.0-2-g/);
    expect(around.lines).toContain(
      'A command of the app runs `git describe --tags`, which needs the repository’s history. Fetching it.',
    );
  });

  it('is looked for in the root directory', async () => {
    repository({ 'web/package.json': '{"scripts":{"build":"git shortlog -sn"}}' });
    await prepare({ source: { rootDirectory: './web/' } });
    expect(git('rev-list', '--count', 'HEAD')).toBe('3');
  });

  it('is not fetched for a project that only asks for its newest commit', async () => {
    repository({ 'package.json': '{"scripts":{"build":"git rev-parse HEAD && git log -1 --format=%cI"}}' });
    expect((await prepare()).isShallow).toBe(true);
    expect(around.lines.join('\n')).not.toContain('history');
  });

  it('that the server does not give costs no build, and the log says so', async () => {
    repository({ 'package.json': '{"scripts":{"build":"git describe"}}' });
    let fetches = 0;
    server.intercept = (request, response) => {
      if (request.method !== 'POST') return false;
      fetches += 1;
      // The first two are those of the commit itself: what there is, and its objects.
      if (fetches <= 2) return false;
      response.writeHead(503).end();
      return true;
    };
    expect((await prepare()).isShallow).toBe(true);
    expect(around.lines.join('\n')).toContain('The history could not be fetched');
  });
});

describe('a branch that is not there', () => {
  it('is named with those that are', async () => {
    new BareRepository(repos, 'app.git').commit({ 'a.txt': '1' }, { branch: 'master' });
    const failure = await failureOf(prepare());
    expect(failure.message).toBe(`${server.url}/app.git has no branch or tag main (branch main).`);
    expect(failure.hint).toContain('The repository has "master"');
  });

  it('is not confused with a repository without commits', async () => {
    new BareRepository(repos, 'app.git');
    expect((await failureOf(prepare())).message).toContain('is empty: it has no commits');
  });
});
