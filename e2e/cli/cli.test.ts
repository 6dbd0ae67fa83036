/** The command line as people have it, against a real instance with a real runner. */
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createClient } from '@appflux/client';
import type { App, Deployment, LogLine, Me, Page } from '@appflux/protocol';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Client } from '../instance/client.ts';
import { type EdgeInstance, startInstance } from '../instance/edge.ts';
import { type RunnerProcess, startRunner } from '../instance/runner.ts';
import { CuttingProxy } from './cutting-proxy.ts';
import { InstalledCli } from './installed.ts';
import { visit } from './visit.ts';

let proxy: CuttingProxy;
let edge: EdgeInstance;
let runner: RunnerProcess;
let client: Client;
let cli: InstalledCli;
/** The variables of CI. */
let ci: Record<string, string>;

beforeAll(async () => {
  proxy = await CuttingProxy.start();
  [edge, cli] = await Promise.all([
    startInstance({
      reachedAt: (port) => {
        proxy.target = port;
        return proxy.url;
      },
    }),
    InstalledCli.install(),
  ]);
  client = new Client(edge);
  runner = await startRunner(edge, { name: 'cli', slots: 2 });
  ci = { APPFLUX_URL: edge.url, APPFLUX_TOKEN: edge.token };
});
afterAll(async () => {
  await runner?.stop();
  await edge?.stop();
  await proxy?.close();
  await cli?.remove();
});

/** A folder with these files. */
async function project(files: Record<string, string | Buffer>): Promise<string> {
  const folder = await mkdtemp(join(cli.home, 'site-'));
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content);
  }
  return folder;
}

const build = (buildCommand: string): Record<string, string> => ({
  'package.json': '{"name":"demo","version":"1.2.3"}',
  'appflux.json': JSON.stringify({ installCommand: 'true', buildCommand, outputs: ['dist'] }),
});

/** Deploys a folder and gives the record. */
async function deployed(folder: string, app: string, ...flags: string[]): Promise<Deployment> {
  const ran = await cli.run(['deploy', folder, '--app', app, '--json', ...flags], { env: ci });
  expect(ran, ran.stderr).toMatchObject({ exit: 0 });
  return JSON.parse(ran.stdout);
}

/** Control characters and what could change how a terminal shows text. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e]/;

describe('the package', () => {
  it('has no dependencies, names its Node, and runs on it', async () => {
    const manifest = await cli.manifest();
    expect(manifest).toMatchObject({ name: 'appflux', engines: { node: '>=20.15' } });
    for (const kind of ['dependencies', 'optionalDependencies', 'peerDependencies', 'private']) {
      expect(manifest).not.toHaveProperty(kind);
    }
    const { stdout, exit } = await cli.run(['--version']);
    expect([stdout, exit]).toEqual([manifest.version, 0]);
    expect(await readFile(join(cli.bin, '..', '..', 'dist', 'LICENSES.txt'), 'utf8')).toMatch(
      /^commander .* \(MIT\)$/m,
    );
  });

  it('names the nearest command, flag and argument', async () => {
    for (const [args, nearest] of [
      [['delpoy'], 'deploy'],
      [['deploy', '--pord'], '--prod'],
      [['env', 'sett', 'X'], 'set'],
      [['list', '--status', 'sucess'], 'success'],
    ] as const) {
      const ran = await cli.run(args);
      expect(ran).toMatchObject({ exit: 2, stdout: '', stderr: expect.stringContaining(nearest) });
    }
  });
});

describe('signing in', () => {
  it('with a token keeps it in a file that nobody else can read', async () => {
    const home = join(cli.folder, 'token-home');
    const env = { HOME: home };
    const ran = await cli.run(['login', edge.url, '--token'], { env, input: `${edge.token}\n` });
    expect(ran).toMatchObject({ exit: 0, stdout: '' });
    const config = join(home, '.config', 'appflux', 'config.json');
    expect((await stat(config)).mode & 0o777).toBe(0o600);
    expect(ran.stderr).not.toContain(edge.token);

    const who = await cli.run(['whoami', '--json'], { env });
    const me: Me = JSON.parse(who.stdout);
    expect(me).toEqual(await client.api.team.me());
    expect((await cli.run(['logout'], { env })).exit).toBe(0);
    expect(await cli.run(['whoami'], { env })).toMatchObject({ exit: 3, stderr: /aren’t signed in/ });
    // A token that somebody else made is theirs to revoke.
    expect((await cli.run(['whoami'], { env: { ...env, ...ci } })).exit).toBe(0);
  });

  it('by a code that a person approves gets a token, which signing out revokes', async () => {
    const person = await signedIn();
    const home = join(cli.folder, 'device-home');
    const child = execa(cli.node, [cli.bin, 'login', edge.url, '--no-browser'], {
      env: cli.env({ HOME: home }),
      extendEnv: false,
      stdin: 'ignore',
      reject: false,
    });
    let shown = '';
    child.stderr.on('data', (chunk: Buffer) => {
      shown += chunk.toString();
    });
    await expect.poll(() => shown).toMatch(/Your code: [A-Z]{4}-[A-Z]{4}/);
    const [, userCode = ''] = /Your code: (\S+)/.exec(shown) ?? [];
    expect(shown).toContain(`${edge.url}/device?code=${userCode}`);
    await person.device.approve({ userCode });
    expect((await child).exitCode, shown).toBe(0);

    const env = { HOME: home };
    const { stdout } = await cli.run(['whoami', '--json'], { env });
    expect(JSON.parse(stdout)).toMatchObject({ kind: 'token', name: expect.stringMatching(/^CLI on /) });
    const tokens = async () =>
      (await client.api.tokens.list()).items.map(({ name }) => name).filter((name) => name !== 'bootstrap');
    expect(await tokens()).toEqual([expect.stringMatching(/^CLI on /)]);
    expect((await cli.run(['logout'], { env })).exit).toBe(0);
    expect(await tokens()).toEqual([]);
  });

  it('that is denied ends with 3', async () => {
    const person = await signedIn();
    const child = execa(cli.node, [cli.bin, 'login', edge.url], {
      env: cli.env({ HOME: join(cli.folder, 'denied-home') }),
      extendEnv: false,
      stdin: 'ignore',
      reject: false,
    });
    let shown = '';
    child.stderr.on('data', (chunk: Buffer) => {
      shown += chunk.toString();
    });
    await expect.poll(() => shown).toMatch(/Your code: \S+/);
    await person.device.deny({ userCode: /Your code: (\S+)/.exec(shown)?.[1] ?? '' });
    expect((await child).exitCode).toBe(3);
  });
});

/** A client of the owner in person. */
async function signedIn() {
  const operator = createClient({ url: edge.url, token: edge.operatorSecret });
  const { url } = await operator.operator.createSignInLink();
  const token_hash = new URLSearchParams(new URL(url).hash.slice(1)).get('token_hash');
  const response = await fetch(`${edge.url}/auth/v1/verify`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ type: 'magiclink', token_hash }),
  });
  const { access_token } = (await response.json()) as { access_token: string };
  return createClient({ url: edge.url, token: access_token });
}

describe('deploy', () => {
  it('makes the app, and prints the URL of the site and nothing else', async () => {
    const folder = await project({
      'index.html': '<h1>hello</h1>',
      'notes.txt': 'x',
      '.gitignore': 'notes.txt\n',
    });
    const ran = await cli.run(['deploy', '--app', 'hello', '--prod'], { cwd: folder, env: ci });
    expect(ran, ran.stderr).toMatchObject({ exit: 0 });
    const app = await client.app('hello');
    expect(ran.stdout).toBe(app.urls.site);
    expect(ran.stderr).toContain('Created the app hello.');
    expect(ran.stderr).toContain('No build: the folder has index.html');
    expect(`${ran.stdout}${ran.stderr}`.replaceAll('\n', '')).not.toMatch(CONTROLS);
    expect((await visit(ran.stdout)).text).toBe('<h1>hello</h1>');
    expect((await visit(`${ran.stdout}/notes.txt`)).status).toBe(404);
  });

  it('without --prod is a preview, with a URL of its own and one of its branch', async () => {
    const folder = await project({ 'index.html': '<h1>preview</h1>' });
    const ran = await cli.run(['deploy', folder, '--app', 'hello', '--branch', 'new-look'], { env: ci });
    expect(ran.exit, ran.stderr).toBe(0);
    const [deployment] = (await client.api.deployments.listOf('hello')).items;
    expect(deployment).toMatchObject({
      branch: 'new-look',
      environment: 'preview',
      urls: { site: ran.stdout },
    });
    expect((await visit(deployment?.urls.branch)).text).toBe('<h1>preview</h1>');
    expect((await visit(ran.stdout)).text).toBe('<h1>preview</h1>');
    const { urls } = await client.app('hello');
    expect((await visit(urls.site)).text).toBe('<h1>hello</h1>');
  });

  it('arrives although the connection is cut three times, and sends no part twice that has arrived', async () => {
    const picture = randomBytes(20_000_000);
    const folder = await project({ 'index.html': '<img src=picture.bin>', 'picture.bin': picture });
    proxy.cutNext(3);
    const deployment = await deployed(folder, 'large');
    expect(proxy.cut).toBe(3);
    // Three cut attempts of half a megabyte each, and every part once.
    expect(proxy.received).toBeLessThan(picture.length + 5_000_000);
    expect((await visit(`${deployment.urls.site}/picture.bin`)).bytes.equals(picture)).toBe(true);
  });

  it('that is interrupted while it uploads ends with 130, and leaves nothing behind', async () => {
    const folder = await project({ 'index.html': 'x', 'picture.bin': randomBytes(2_000_000) });
    const temporary = await mkdtemp(join(cli.folder, 'tmp-'));
    proxy.cutNext(1000);
    const child = execa(cli.node, [cli.bin, 'deploy', folder, '--app', 'interrupted'], {
      env: cli.env({ ...ci, TMPDIR: temporary }),
      extendEnv: false,
      stdin: 'ignore',
      reject: false,
    });
    await expect.poll(() => proxy.cut).toBeGreaterThan(0);
    expect(await readdir(temporary)).toHaveLength(1);
    child.kill('SIGINT');
    expect(await child).toMatchObject({ exitCode: 130, stdout: '' });
    proxy.cutNext(0);
    expect(await readdir(temporary)).toEqual([]);
    expect((await client.api.deployments.listOf('interrupted')).items).toEqual([]);
  });

  it('that fails ends with 1 and says why; what its build prints can’t control the terminal', async () => {
    const folder = await project(
      build(
        String.raw`printf 'a\033]0;owned\007b \033[2J\033[8mhidden\033[0m \342\200\256x\n'; echo "src/lid.ts(12,5): error TS2322: the lid does not fit" >&2; exit 3`,
      ),
    );
    const ran = await cli.run(['deploy', folder, '--app', 'failing'], { env: ci });
    expect(ran).toMatchObject({ exit: 1, stdout: '' });
    expect(ran.stderr).toContain('ab hidden x');
    expect(ran.stderr).toContain('error TS2322: the lid does not fit');
    expect(ran.stderr).toMatch(/^Failed after .*exit code 3/m);
    expect(ran.stderr).toMatch(/^Error at src\/lid\.ts:12:5 \(line \d+ of the log\)$/m);
    expect(ran.stderr.replaceAll('\n', '')).not.toMatch(CONTROLS);
    const logs = await cli.run(['logs', '--app', 'failing'], { env: ci });
    expect(logs).toMatchObject({ exit: 0, stdout: expect.stringContaining('ab hidden x') });
    expect(logs.stdout.replaceAll('\n', '')).not.toMatch(CONTROLS);
    expect(logs.stderr).toMatch(/^Error at src\/lid\.ts:12:5 \(line \d+ of the log\)$/m);
    expect(logs.stdout).not.toContain('Error at');
  });

  it('of an unknown app needs a name, and one without a terminal or with --yes makes it', async () => {
    const folder = await project({ 'index.html': 'x' });
    expect(await cli.run(['deploy', folder], { env: ci })).toMatchObject({ exit: 2, stderr: /--app SLUG/ });
    expect(await cli.run(['deploy', folder, '--app', 'Not A Slug'], { env: ci })).toMatchObject({ exit: 2 });
    expect(await cli.run(['deploy', join(folder, 'none'), '--app', 'x'], { env: ci })).toMatchObject({
      exit: 2,
      stderr: /There is no folder/,
    });
  });

  it('on a terminal asks before it makes an app, and Ctrl-C there deploys nothing', async () => {
    const folder = await project({ 'index.html': 'x' });
    let asked = false;
    const { exit, shown } = await cli.onTerminal(
      ['deploy', folder, '--app', 'never-made'],
      (text) => {
        if (asked || !text.includes('Create it?')) return null;
        asked = true;
        return '\u0003';
      },
      { env: ci },
    );
    expect(exit, shown).toBe(130);
    expect((await client.fetch('GET', '/api/apps/never-made')).status).toBe(404);
  });

  it('asks at Ctrl-C whether to cancel the deployment; y cancels it', async () => {
    const folder = await project(build('echo started; sleep 600'));
    const typed = new Set<string>();
    const once = (text: string) => {
      if (typed.has(text)) return null;
      typed.add(text);
      return text;
    };
    const { exit, shown } = await cli.onTerminal(
      ['deploy', folder, '--app', 'endless', '--yes'],
      (text) => {
        if (text.includes('Cancel the deployment?')) return once('y');
        return /^\W*started/m.test(text) ? once('\u0003') : null;
      },
      { env: ci },
    );
    expect(exit, shown).toBe(1);
    const [deployment] = (await client.api.deployments.listOf('endless')).items;
    expect(deployment).toMatchObject({ status: 'canceled' });
  });
});

describe('deployments', () => {
  it('are listed, inspected, promoted, rolled back and built again', async () => {
    const folder = await project({ 'index.html': 'one' });
    const one = await deployed(folder, 'tour', '--prod');
    await writeFile(join(folder, 'index.html'), 'two');
    const two = await deployed(folder, 'tour');
    const run = (...args: string[]) => cli.run(args, { cwd: folder, env: ci });

    expect(await run('link', '--app', 'tour')).toMatchObject({ exit: 0 });
    const list: Page<Deployment> = JSON.parse((await run('list', '--json')).stdout);
    expect(list.items.map(({ id }) => id)).toEqual([two.id, one.id]);
    expect((await run('list')).stdout.split('\n')).toEqual([
      expect.stringMatching(new RegExp(`^${two.id} +#2 +success +preview`)),
      expect.stringMatching(new RegExp(`^${one.id} +#1 +success +production`)),
    ]);
    expect(JSON.parse((await run('inspect', two.id, '--json')).stdout)).toEqual(
      await client.deployment(two.id),
    );
    expect((await run('inspect')).stdout).toContain(two.urls.site);

    const site = async () => (await visit((await client.app('tour')).urls.site)).text;
    expect(await run('promote', two.id)).toMatchObject({ exit: 0 });
    expect(await site()).toBe('two');
    const back = await run('rollback', '--json');
    expect((JSON.parse(back.stdout) as App).release).toBe(one.id);
    expect(await site()).toBe('one');
    expect(await run('rollback', two.id)).toMatchObject({ exit: 0 });
    expect(await run('open', '--app', 'tour')).toMatchObject({
      exit: 0,
      stdout: (await client.app('tour')).urls.site,
    });
    expect(JSON.parse((await run('open', '--json')).stdout)).toEqual(await client.app('tour'));
    expect(JSON.parse((await run('open', one.id, '--json')).stdout)).toEqual(await client.deployment(one.id));

    const again = await run('redeploy', one.id, '--json');
    expect(JSON.parse(again.stdout)).toMatchObject({ status: 'success', number: 3 });
    expect(await run('cancel', one.id)).toMatchObject({ exit: 1, stdout: '' });
  });

  it('have logs, as text, as JSON lines, and followed to the outcome', async () => {
    const folder = await project(build('for n in 1 2 3; do echo "line $n"; sleep 0.2; done; exit 1'));
    const started = await cli.run(['deploy', folder, '--app', 'talking', '--json', '--no-wait'], { env: ci });
    const { id, status }: Deployment = JSON.parse(started.stdout);
    expect([started.exit, status]).toEqual([0, 'queued']);
    const followed = await cli.run(['logs', id, '--follow', '--json'], { env: ci });
    expect(followed.exit).toBe(1);
    const lines: LogLine[] = followed.stdout.split('\n').map((line) => JSON.parse(line));
    expect(lines).toEqual((await client.logs(id)).items);
    const text = await cli.run(['logs', id], { env: ci });
    expect(text).toMatchObject({ exit: 0, stdout: expect.stringMatching(/^line 1\nline 2\nline 3$/m) });
  });
});

describe('the other commands', () => {
  it('set, list and delete variables, and read values from standard input', async () => {
    await client.createApp({ name: 'vars', slug: 'vars' });
    const run = (args: string[], input?: string) =>
      cli.run([...args, '--app', 'vars'], { env: ci, ...(input !== undefined && { input }) });
    expect(await run(['env', 'set', 'PLAIN=a=b', '--no-sensitive'])).toMatchObject({ exit: 0, stdout: '' });
    expect(await run(['env', 'set', 'SECRET', '--environment', 'preview'], 'hush\n')).toMatchObject({
      exit: 0,
    });
    expect(JSON.parse((await run(['env', 'list', '--json'])).stdout)).toEqual(
      (await client.app('vars')).envVars,
    );
    expect((await run(['env', 'list'])).stdout).toBe(
      'PLAIN   production, preview\nSECRET  preview              sensitive',
    );
    expect(await run(['env', 'rm', 'SECRET', '--json'])).toMatchObject({ exit: 0, stdout: '' });
    expect((await client.app('vars')).envVars.map(({ name }) => name)).toEqual(['PLAIN']);
    expect(await run(['env', 'set', '1BAD', 'x'])).toMatchObject({ exit: 2 });
  });

  it('list apps and runners', async () => {
    const apps = await cli.run(['apps', '--json'], { env: ci });
    expect(JSON.parse(apps.stdout).items).toEqual((await client.api.apps.list({ limit: 100 })).items);
    expect((await cli.run(['runners'], { env: ci })).stdout).toMatch(/^cli +online +\d of 2 busy/);
  });
});

describe('an instance that can’t be used', () => {
  it.each([
    ['a wrong token', { APPFLUX_TOKEN: 'afx_wrong' }, 3, /isn't valid/],
    ['no token', { APPFLUX_TOKEN: '' }, 3, /aren’t signed in/],
    ['nothing that listens', { APPFLUX_URL: 'http://127.0.0.1:3' }, 4, /nothing listens there/],
    [
      'a host that does not exist',
      { APPFLUX_URL: 'https://appflux.invalid' },
      4,
      /Couldn’t reach https:\/\/appflux.invalid/,
    ],
    ['a URL that is none', { APPFLUX_URL: 'ftp://x' }, 2, /is not the URL of an instance/],
  ])('%s', async (_title, env, exit, message) => {
    const ran = await cli.run(['apps', '--json'], { env: { ...ci, ...env } });
    expect(ran).toMatchObject({ exit, stdout: '', stderr: expect.stringMatching(message) });
    expect(ran.stderr).not.toMatch(/^ {4}at /m);
  });

  it('what is not there is 2, and what is not allowed 3', async () => {
    const { token } = await client.api.tokens.create({ name: 'reader', scopes: ['apps:read'] });
    expect(await cli.run(['inspect', 'f'.repeat(24)], { env: ci })).toMatchObject({ exit: 2 });
    expect(await cli.run(['inspect', 'nonsense'], { env: ci })).toMatchObject({ exit: 2 });
    const folder = await project({ 'index.html': 'x' });
    const ran = await cli.run(['deploy', folder, '--app', 'not-allowed'], {
      env: { ...ci, APPFLUX_TOKEN: token },
    });
    expect(ran).toMatchObject({ exit: 3, stdout: '' });
    await rm(folder, { recursive: true });
  });
});
