import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type GitServer, startGitServer } from '../testing/git-server.ts';
import { BareRepository } from '../testing/repository.ts';
import { surroundings, type TestSurroundings } from '../testing/surroundings.ts';
import { gitEnvironment, TOKEN_VARIABLE } from './environment.ts';
import { runGit } from './run.ts';

let around: TestSurroundings;
let server: GitServer;

beforeEach(async () => {
  around = await surroundings();
  await mkdir(around.workspace.source, { recursive: true });
  new BareRepository(around.folder, 'app.git').commit({ 'a.txt': 'a' });
  server = await startGitServer(around.folder);
});

afterEach(async () => {
  await server.close();
  await around.remove();
});

function environment(
  url: string,
  overrides: { allowHttp?: boolean; addresses?: string[]; host?: NodeJS.ProcessEnv } = {},
) {
  const { allowHttp = true, addresses = null, host = { PATH: process.env.PATH } } = overrides;
  return gitEnvironment(
    { tree: around.workspace.source, home: around.folder, url: new URL(url), addresses, allowHttp, host },
    'secret-token',
  );
}

async function lsRemote(url: string, env: Record<string, string>) {
  const cwd = around.workspace.source;
  await runGit(['init', '--quiet', '--template='], { cwd, env, signal: around.ctx.signal });
  return runGit(['ls-remote', '--', url, 'refs/heads/main'], { cwd, env, signal: around.ctx.signal });
}

describe("Git's environment", () => {
  it('pins a host to the addresses that were checked, and asks no name server', async () => {
    const { port } = new URL(server.url);
    const url = `http://no-such-host.invalid:${port}/app.git`;
    expect((await lsRemote(url, environment(url))).stderr).toContain('Could not resolve host');
    const pinned = await lsRemote(url, environment(url, { addresses: ['127.0.0.1'] }));
    expect(pinned).toMatchObject({ code: 0 });
    expect(pinned.stdout).toMatch(/^[0-9a-f]{40}\trefs\/heads\/main\n$/);
  });

  it('lets nothing but https through unless http is allowed', async () => {
    const url = `${server.url}/app.git`;
    const outcome = await lsRemote(url, environment(url, { allowHttp: false }));
    expect(outcome.stderr).toContain("transport 'http' not allowed");
    for (const other of [
      `file://${around.folder}/app.git`,
      join(around.folder, 'app.git'),
      'ext::sh -c id',
      'ssh://127.0.0.1/a',
    ]) {
      expect((await lsRemote(other, environment(url))).stderr).toMatch(/transport '\w+' not allowed/);
    }
    expect(server.requests).toEqual([]);
  });

  it('makes Git follow no redirect', async () => {
    server.intercept = (request, response) => {
      if (!request.url?.startsWith('/old.git')) return false;
      response.writeHead(302, { location: request.url.replace('/old.git', '/app.git') }).end();
      return true;
    };
    const url = `${server.url}/old.git`;
    expect((await lsRemote(url, environment(url))).code).not.toBe(0);
    expect(server.requests.every((line) => line.includes('/old.git/'))).toBe(true);
  });

  it('offers the token to the origin that it was made for, and to no other', async () => {
    server.password = 'secret-token';
    const url = `${server.url}/app.git`;
    expect((await lsRemote(url, environment(url))).code).toBe(0);
    server.authorizations.length = 0;
    const elsewhere = await lsRemote(url, environment('https://another.example/app.git'));
    expect(elsewhere.stderr).toContain('terminal prompts disabled');
    expect(server.authorizations).toEqual([]);
  });

  it('holds the token in one variable only', () => {
    const holders = Object.entries(environment('https://host/a')).filter(([, value]) =>
      value.includes('secret-token'),
    );
    expect(holders.map(([name]) => name)).toEqual([TOKEN_VARIABLE]);
  });

  it('takes over what leads to the network, and nothing else, from the host', () => {
    const env = environment('https://host/a', {
      host: {
        PATH: '/bin',
        https_proxy: 'http://proxy:3128',
        HOME: '/root',
        GIT_SSH_COMMAND: 'evil',
        GIT_EXEC_PATH: '/evil',
        GIT_TRACE_CURL: '1',
        LD_PRELOAD: '/evil.so',
        GIT_CONFIG_PARAMETERS: "'core.fsmonitor'='evil'",
        APPFLUX_SECRET: 'x',
      },
    });
    expect(env).toMatchObject({
      PATH: '/bin',
      https_proxy: 'http://proxy:3128',
      HOME: around.folder,
      GIT_SSH_COMMAND: 'false',
    });
    for (const name of [
      'GIT_EXEC_PATH',
      'GIT_TRACE_CURL',
      'LD_PRELOAD',
      'GIT_CONFIG_PARAMETERS',
      'APPFLUX_SECRET',
    ]) {
      expect(env).not.toHaveProperty(name);
    }
  });
});
