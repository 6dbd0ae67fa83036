/** A site that is deployed twice: the second time only what has changed is uploaded, and the whole site is delivered. */
import { createHash, randomBytes } from 'node:crypto';
import { get, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import type { Deployment } from '@appflux/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type InstanceWithRunner, startWithRunner } from '../instance/with-runner.ts';
import { unzip, zipOf } from '../source/zip.ts';

let instance: InstanceWithRunner;

beforeAll(async () => {
  instance = await startWithRunner({ labels: ['host'], env: { APPFLUX_RUNNER_EXECUTOR: 'host' } });
});
afterAll(() => instance?.stop());

type Files = Readonly<Record<string, string>>;

/** Deploys files as they are, or a ZIP, and waits for the end. */
async function deploy(
  slug: string,
  source: Files | Buffer,
): Promise<{ deployment: Deployment; log: string }> {
  const { client } = instance;
  const zip = Buffer.isBuffer(source) ? source : await zipOf(source as Files);
  const uploadId = await client.upload('source.zip', zip);
  const { id } = await client.deploy(slug, { uploadId });
  const deployment = await client.untilEnded(id);
  const log = (await client.logs(id)).items.map(({ text }) => text).join('\n');
  expect(deployment, log).toMatchObject({ status: 'success', failure: null });
  return { deployment, log };
}

/** The files in the artifact, which must be what the record says. */
async function delivered({ artifacts }: Deployment): Promise<Record<string, string>> {
  const [artifact] = artifacts;
  expect(artifact).toMatchObject({ contentType: 'application/zip', meta: { entry: 'index.html' } });
  const answer = await fetch(artifact?.url ?? '');
  const bytes = Buffer.from(await answer.arrayBuffer());
  expect(createHash('sha256').update(bytes).digest('hex')).toBe(artifact?.sha256);
  expect(bytes.length).toBe(artifact?.size);
  return Object.fromEntries([...(await unzip(bytes))].map(([name, content]) => [name, content.toString()]));
}

/** Requests a path of a site, whose host names don't resolve everywhere. */
async function askSite(url: string, host: string, path: string) {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const { hostname, port } = new URL(url);
  get({ host: hostname, port, path, headers: { Host: host }, agent: false }, resolve).on('error', reject);
  const answer = await promise;
  const {
    location,
    'x-frame-options': frames,
    'cache-control': cache,
    'set-cookie': cookie,
  } = answer.headers;
  return { status: answer.statusCode, location, frames, cache, cookie, body: await text(answer) };
}

const page = (title: string) => `<!doctype html><title>${title}</title>${'<p>Hello</p>'.repeat(200)}`;

describe('a site', () => {
  const files: Files = {
    'index.html': page('one'),
    'docs/ü "x".html': page('odd'),
    ...Object.fromEntries(
      Array.from({ length: 40 }, (_, at) => [`assets/${at}.js`, randomBytes(2000).toString('hex')]),
    ),
  };

  it('is published whole, and then only what has changed', async () => {
    const { slug } = await instance.client.createApp({
      name: 'Site',
      build: { outputs: ['.'], labels: ['host'] },
      type: 'web',
    });
    const first = await deploy(slug, { ...files, '.env': 'A=secret', _redirects: '/old /docs/ 301' });
    const bytes = Object.values(files).reduce((sum, text) => sum + Buffer.byteLength(text), 0);
    expect(first.deployment.site).toEqual({
      kind: 'static',
      files: 42,
      bytes,
      newFiles: 42,
      newBytes: bytes,
    });
    expect(first.log).toContain('Publishing ".": 42 files');
    expect(first.log).toContain('Left out of ".": files with secrets (".env").');
    expect(await delivered(first.deployment)).toEqual(files);

    const changed = { ...files, 'index.html': page('two'), 'moved.js': files['assets/1.js'] ?? '' };
    const second = await deploy(slug, { ...changed, _redirects: '/old /docs/ 301' });
    expect(second.deployment.site).toMatchObject({ files: 43, newFiles: 1, newBytes: page('two').length });
    expect(second.log).toMatch(/1 new \(2\.4 kB\), 42 unchanged\./);
    expect(await delivered(second.deployment)).toEqual(changed);

    const third = await deploy(slug, changed);
    expect(third.deployment.site).toMatchObject({ files: 43, newFiles: 0, newBytes: 0 });
    expect(third.log).toContain('all unchanged');
    expect(await delivered(third.deployment)).toEqual(changed);
    expect(await delivered(first.deployment)).toEqual(files);
  });

  it('answers as the files of other platforms say', async () => {
    const { slug } = await instance.client.createApp({
      name: 'Rules',
      build: { outputs: ['.'], labels: ['host'] },
      type: 'web',
    });
    const { deployment, log } = await deploy(slug, {
      'index.html': page('home'),
      'new/a b.html': page('moved'),
      'en/index.html': page('English'),
      'assets/app.css': 'body {}',
      _redirects: '/old/* /new/:splat 302\n/ /de 302! Language=de\n/go/* /:splat\n',
      _headers: '/*\n  X-Frame-Options: DENY\n  Set-Cookie: a=b\n',
      'netlify.toml': '[[redirects]]\nfrom = "/english"\nto = "/en/"\nstatus = 200\n',
      'vercel.json': JSON.stringify({
        trailingSlash: true,
        rewrites: [{ source: '/:lang(en|fr)/home', destination: '/en/' }],
        headers: [{ source: '/(.*)\\.css', headers: [{ key: 'Cache-Control', value: 'max-age=60' }] }],
      }),
      'appflux.json': '{"site": {"trailingSlash": "auto"}}',
    });
    expect(log).toContain('Warning: _redirects:2: The condition "Language" isn\'t supported.');
    expect(log).toContain('Warning: _headers:3: The header "Set-Cookie" can\'t be set');
    expect(log).toContain('5 redirects and rewrites, 2 header rules.');

    const host = new URL(deployment.urls.site ?? '').host;
    const ask = (path: string) => askSite(instance.edge.url, host, path);
    expect(await ask('/old/a%20b?x=1')).toMatchObject({ status: 302, location: '/new/a%20b?x=1' });
    expect(await ask('/new/a%20b')).toMatchObject({ status: 200, frames: 'DENY', body: page('moved') });
    expect(await ask('/')).toMatchObject({ status: 200, cookie: undefined, body: page('home') });
    expect(await ask('/english')).toMatchObject({ status: 200, body: page('English') });
    expect(await ask('/fr/home')).toMatchObject({ status: 200, body: page('English') });
    expect(await ask('/assets/app.css')).toMatchObject({ status: 200, cache: 'max-age=60', frames: 'DENY' });
    expect(await ask('/go//evil.example')).toMatchObject({ status: 301, location: '/evil.example' });
    for (const file of ['/_redirects', '/_headers', '/netlify.toml', '/vercel.json', '/appflux.json']) {
      expect(await ask(file)).toMatchObject({ status: 404 });
    }
  });

  it('fails for a rule that protects something, which AppFlux could not follow', async () => {
    const { client } = instance;
    const { slug } = await client.createApp({
      name: 'Protected',
      build: { outputs: ['.'], labels: ['host'] },
      type: 'web',
    });
    const source = { 'index.html': page('secret'), _headers: '/*\n  Basic-Auth: user:password\n' };
    const uploadId = await client.upload('source.zip', await zipOf(source));
    const { id } = await client.deploy(slug, { uploadId });
    expect(await client.untilEnded(id)).toMatchObject({
      status: 'failed',
      failure: { code: 'settings_invalid', message: expect.stringContaining('_headers:2: Basic-Auth') },
    });
  });

  it('is none without a start page, which the log explains', async () => {
    const { slug } = await instance.client.createApp({
      name: 'No site',
      build: { outputs: ['.'], labels: ['host'] },
      type: 'web',
    });
    const { deployment, log } = await deploy(slug, { 'browser/index.html': 'x', 'stats.json': '{}' });
    expect(deployment.site ?? null).toBeNull();
    expect(log).toContain('"browser" has one: if that is the site, set outputs to it.');
    expect(deployment.artifacts).toHaveLength(1);
  });
});

describe('a source that other platforms publish, too', () => {
  /** Deploys to an app of its own, and returns what its host answers for a path. */
  async function site(name: string, source: Files | Buffer, outputs = ['.']) {
    const { slug } = await instance.client.createApp({
      name,
      build: { outputs, labels: ['host'] },
      type: 'web',
    });
    const { deployment, log } = await deploy(slug, source);
    const { host } = new URL(deployment.urls.site ?? '');
    return { log, ask: (path: string) => askSite(instance.edge.url, host, path) };
  }

  it('is built for a folder of its host: its page and its files are there, and at the top', async () => {
    const built = "node -e \"fs.cpSync('public', 'dist', { recursive: true })\"";
    const index = '<!doctype html><script type="module" src="/handbook/assets/app-DiwrgTda.js"></script>';
    const { log, ask } = await site(
      'Base path',
      {
        'package.json': JSON.stringify({ name: 'x', private: true }),
        'appflux.json': JSON.stringify({ installCommand: 'true', buildCommand: built }),
        'public/index.html': index,
        'public/assets/app-DiwrgTda.js': 'document.title = "here"',
        'public/terms.txt': 'fair',
        'public/404.html': 'nothing here',
      },
      ['dist'],
    );
    expect(log).toContain('"dist/index.html" asks for its files below "/handbook/"');
    for (const base of ['/', '/handbook/']) {
      expect(await ask(base)).toMatchObject({ status: 200, body: index });
      expect(await ask(`${base}terms.txt`)).toMatchObject({ status: 200, body: 'fair' });
      expect(await ask(`${base}assets/app-DiwrgTda.js`)).toMatchObject({
        status: 200,
        body: 'document.title = "here"',
        cache: 'public, max-age=31536000, immutable',
      });
      expect(await ask(`${base}other`)).toMatchObject({ status: 404, body: 'nothing here' });
    }
    expect(await ask('/handbooks/terms.txt')).toMatchObject({ status: 404 });
  });

  it('comes from a Mac, with files of its own beside the others', async () => {
    const resource = '\0\u0005\u0016\u0007\0';
    const { ask } = await site('From a Mac', {
      '._recipes': resource,
      'recipes/._index.html': resource,
      'recipes/index.html': page('soup'),
      'recipes/.DS_Store': resource,
      '__MACOSX/recipes/._index.html': resource,
    });
    expect(await ask('/')).toMatchObject({ status: 200, body: page('soup') });
    for (const path of ['/._index.html', '/.DS_Store', '/recipes/', '/__MACOSX/recipes/._index.html'])
      expect([path, (await ask(path)).status]).toEqual([path, 404]);
  });

  it('has names that other systems don’t have: in both cases, and of devices', async () => {
    const names = ['docs/API.md', 'docs/api.md', 'aux.js', 'con', 'nul.txt', 'COM1.html'];
    const contents = Object.fromEntries(names.map((name) => [name, `the content of ${name}`]));
    const { ask } = await site('Names', { 'index.html': page('names'), ...contents });
    for (const name of names) {
      const answer = await ask(`/${name.replace('.html', '')}`);
      expect(answer).toMatchObject({ status: 200, body: contents[name] });
    }
    expect(await ask('/DOCS/api.md')).toMatchObject({ status: 404 });
  });

  it('has links: those that lead to a file are files, and one that leads nowhere is left out', async () => {
    const links = { 'theme.css': 'css/dark.css', 'dangling.css': 'css/gone.css' };
    const { ask } = await site(
      'Links',
      await zipOf({ 'index.html': page('links'), 'css/dark.css': 'body { color: teal }' }, links),
    );
    expect(await ask('/')).toMatchObject({ status: 200, body: page('links') });
    for (const path of ['/theme.css', '/css/dark.css'])
      expect(await ask(path)).toMatchObject({ status: 200, body: 'body { color: teal }' });
    expect(await ask('/dangling.css')).toMatchObject({ status: 404 });
  });
});
