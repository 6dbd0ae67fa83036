/**
 * Records the state of a version, to test later versions with it:
 *
 * node e2e/upgrade/record.ts REF
 *
 * Unpacks that commit into a temporary folder, installs its packages, starts it with `npm start`, makes it build, store
 * and refuse things, ends it, and writes `recorded/COMMIT/state.tar.gz` (the state folder, without what a start
 * recreates), `runner.tar.gz` (the sources of its runner) and `facts.json`. It builds with the commit's own runner on the
 * host; the first version has only one that needs a Docker engine.
 */
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { z } from 'zod';
import { zipOf } from '../source/zip.ts';
import type { Facts, RecordedBuild } from './facts.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const OWNER_TOKEN = 'bootstrap-token-of-a-recorded-instance-0001';
const PASSWORD = 'the password of a recorded owner';
const VARIABLES = {
  API_URL: 'https://api.example.org/v1',
  API_KEY: 'k-7f3a9c1e5b2d8046',
  MODE: 'production',
};
const KEYSTORE = Buffer.from('not a keystore, only bytes\0\u00ff').toString('base64');
const LABEL = 'a-label-that-no-runner-has';
/** The folders of a state that a start recreates. */
const RECREATED = ['bundle', 'dashboard', 'logs', 'docker', 'edge-tmp', 'control.sock'];
/** Arguments of tar. */
const PACKED = ['--use-compress-program', 'gzip -9'];
const PORT = 28_787;

const Deployment = z.looseObject({
  id: z.string(),
  status: z.string(),
  artifacts: z.array(z.looseObject({ name: z.string(), sha256: z.string(), url: z.string() })),
});
const WithToken = z.looseObject({ token: z.string() });
const Session = z.looseObject({ access_token: z.string(), refresh_token: z.string() });

/** The HTTP API of the recorded instance. */
class Surface {
  readonly #url: string;

  constructor(url: string) {
    this.#url = url;
  }

  async call<Schema extends z.ZodType>(
    schema: Schema,
    method: string,
    path: string,
    body?: unknown,
    token = OWNER_TOKEN,
  ): Promise<z.infer<Schema>> {
    const response = await fetch(this.#url + path, {
      method,
      headers: {
        ...(token === '' ? {} : { Authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${text}`);
    return schema.parse(text === '' ? undefined : JSON.parse(text));
  }

  async upload(files: Record<string, string>): Promise<string> {
    const bytes = await zipOf(files);
    const Grant = z.looseObject({
      uploadId: z.string(),
      parts: z.array(
        z.looseObject({ url: z.string(), headers: z.record(z.string(), z.string()).optional() }),
      ),
    });
    const { uploadId, parts } = await this.call(Grant, 'POST', '/api/uploads', {
      name: 'site.zip',
      size: bytes.length,
    });
    const put = await fetch(parts[0]?.url ?? '', {
      method: 'PUT',
      body: new Uint8Array(bytes),
      ...(parts[0]?.headers === undefined ? {} : { headers: parts[0].headers }),
    });
    if (!put.ok) throw new Error(`storage answered ${put.status}`);
    await this.call(z.unknown(), 'POST', `/api/uploads/${uploadId}/complete`, {
      parts: [{ partNumber: 1, etag: put.headers.get('etag') ?? '' }],
    });
    return uploadId;
  }

  /** Requests a build and waits for its end. */
  async build(slug: string, body: object): Promise<RecordedBuild> {
    const { id } = await this.call(Deployment, 'POST', `/api/apps/${slug}/deployments`, body);
    return this.ended(id);
  }

  /** Waits for the end of a deployment. */
  async ended(id: string): Promise<RecordedBuild> {
    for (;;) {
      const { status, artifacts } = await this.call(Deployment, 'GET', `/api/deployments/${id}`);
      if (status === 'success' || status === 'failed' || status === 'canceled') {
        return {
          id,
          status,
          log: await this.log(id),
          artifacts: artifacts.map(({ name, sha256, url }) => ({
            name,
            sha256,
            path: new URL(url).pathname,
          })),
        };
      }
      await sleep(200);
    }
  }

  async log(id: string): Promise<string[]> {
    const Page = z.looseObject({ items: z.array(z.looseObject({ text: z.string() })) });
    return (await this.call(Page, 'GET', `/api/deployments/${id}/logs`)).items.map(({ text }) => text);
  }
}

/** Sets the owner's password, with the link that the start has printed. */
async function setPassword(surface: Surface, link: string): Promise<Facts['owner']> {
  const token_hash = new URLSearchParams(new URL(link).hash.slice(1)).get('token_hash');
  const opened = await surface.call(
    Session,
    'POST',
    '/auth/v1/verify',
    { type: 'magiclink', token_hash },
    '',
  );
  await surface.call(z.unknown(), 'PUT', '/auth/v1/user', { password: PASSWORD }, opened.access_token);
  const credentials = { email: 'owner@localhost', password: PASSWORD };
  const session = await surface.call(Session, 'POST', '/auth/v1/token?grant_type=password', credentials, '');
  return { ...credentials, refreshToken: session.refresh_token };
}

/** Uses the instance as people do, and records the results. */
async function fill(surface: Surface, link: string, version: string, labels: string[]): Promise<Facts> {
  const { id: appId } = await surface.call(z.looseObject({ id: z.string() }), 'POST', '/api/apps', {
    name: 'Recorded site',
    slug: 'recorded-site',
    source: { provider: 'upload' },
    envVars: VARIABLES,
    ...(labels.length === 0 ? {} : { build: { labels } }),
    retention: { artifacts: { keepLast: 3, days: 3650 }, logs: { keepLast: 3, days: 3650 } },
  });
  const app = '/api/apps/recorded-site';
  await surface.call(z.unknown(), 'PUT', `${app}/env/PREVIEW_ONLY`, {
    value: 'seen in previews',
    environments: ['preview'],
  });
  await surface.call(z.unknown(), 'PUT', `${app}/files/KEYSTORE`, { content: KEYSTORE });

  const page = (title: string) => ({
    'index.html': `<!doctype html><title>${title}</title><h1>${title}</h1>\n`,
  });
  const first = await surface.build('recorded-site', { uploadId: await surface.upload(page('First')) });
  const broken = await surface.build('recorded-site', {
    uploadId: await surface.upload({
      'package.json': JSON.stringify({ name: 'broken', scripts: { build: 'echo about to fail && exit 3' } }),
    }),
  });
  const preview = await surface.build('recorded-site', {
    uploadId: await surface.upload(page('Preview')),
    environment: 'preview',
  });
  const second = await surface.build('recorded-site', { uploadId: await surface.upload(page('Second')) });
  await surface.call(z.unknown(), 'POST', `${app}/release`, { deploymentId: first.id });
  await surface.call(z.unknown(), 'POST', `/api/deployments/${second.id}/pin`);
  const downloaded = await fetch(new URL(first.artifacts[0]?.path ?? '', link));
  await downloaded.arrayBuffer();

  const token = async (name: string, scopes: string[]) =>
    surface.call(WithToken.extend({ id: z.string() }), 'POST', '/api/tokens', { name, scopes });
  const reader = await token('reader', ['apps:read']);
  const revoked = await token('revoked', ['admin']);
  await surface.call(z.unknown(), 'DELETE', `/api/tokens/${revoked.id}`);

  const registration = async () => (await surface.call(WithToken, 'POST', '/api/runners/tokens', {})).token;
  const runner = await surface.call(
    z.looseObject({ id: z.string(), credential: z.string() }),
    'POST',
    '/api/runners/register',
    { token: await registration(), name: 'recorded', labels: ['linux', LABEL], slots: 2, version: '0.1.0' },
    '',
  );
  const hook = await surface.call(z.looseObject({ url: z.string() }), 'POST', `${app}/deploy-hooks`, {
    name: 'cms',
  });
  const invitation = await surface.call(z.looseObject({ url: z.string() }), 'POST', '/api/invitations', {
    role: 'developer',
  });
  await surface.call(z.unknown(), 'PATCH', app, { build: { labels: [LABEL] } });
  const waiting = await surface.call(Deployment, 'POST', `${app}/deployments`, {
    uploadId: await surface.upload(page('Waiting')),
  });
  await surface.call(z.unknown(), 'POST', `/api/deployments/${waiting.id}/cancel`);
  const canceled = await surface.ended(waiting.id);
  // Sessions are rotated: the last one must still be valid.
  const owner = await setPassword(surface, link);
  return {
    version,
    tokens: { owner: OWNER_TOKEN, reader: reader.token, revoked: revoked.token },
    owner,
    invitation: invitation.url,
    registration: await registration(),
    runner: { id: runner.id, credential: runner.credential },
    deployHook: new URL(hook.url).pathname,
    app: {
      id: appId,
      slug: 'recorded-site',
      variables: VARIABLES,
      files: { KEYSTORE },
      release: first.id,
      pinned: second.id,
    },
    builds: [first, broken, preview, second, canceled],
    label: LABEL,
    downloads: 1,
  };
}

/** Waits until the instance has counted the downloads, which it does last. */
async function untilSettled(surface: Surface, facts: Facts): Promise<void> {
  const Downloads = z.looseObject({ items: z.array(z.looseObject({ downloads: z.int() })) });
  for (;;) {
    const { items } = await surface.call(Downloads, 'GET', `/api/deployments/${facts.app.release}/downloads`);
    if (items.some(({ downloads }) => downloads === facts.downloads)) return;
    await sleep(200);
  }
}

/** The link in the line with which a start reports that it is ready. */
async function signInLink(output: Readable): Promise<string> {
  let text = '';
  output.setEncoding('utf8');
  return new Promise((resolve, reject) => {
    output.on('data', (chunk: string) => {
      text += chunk;
      const link = /^ready .* (http\S+)\n/m.exec(text)?.[1];
      if (link !== undefined) resolve(link);
    });
    output.once('end', () => reject(new Error('the instance ended before it was ready')));
  });
}

/** Unpacks a commit with its packages, as `npm start` installs them. */
async function checkOut(commit: string, folder: string): Promise<void> {
  const archive = join(folder, 'checkout.tar');
  await execa('git', ['archive', '--output', archive, commit], { cwd: ROOT });
  await execa('tar', ['-xf', archive, '-C', folder]);
  await rm(archive);
}

/** Registers a runner that builds on the host and starts it, with the program of the recorded version. */
async function startHostRunner(checkout: string, state: string, surface: Surface) {
  const cli = ['runner/src/commands/cli.ts', 'runner/src/cli.ts'].find((path) =>
    existsSync(join(checkout, path)),
  );
  const node = join(checkout, 'node_modules', '.bin', 'node');
  const own = ['--state', join(state, 'runners', 'local-1')];
  const { token } = await surface.call(WithToken, 'POST', '/api/runners/tokens', {});
  const env = {
    APPFLUX_RUNNER_EXECUTOR: 'host',
    APPFLUX_RUNNER_SCAN: 'off',
    APPFLUX_ALLOW_PRIVATE_SOURCES: '1',
    APPFLUX_RUNNER_TOKEN: token,
  };
  const flags = ['--url', `http://localhost:${PORT}`, '--name', 'local-1', '--labels', 'linux,host'];
  const options = { cwd: checkout, env, stdin: 'ignore', stdout: 'inherit', stderr: 'inherit' } as const;
  await execa(node, [cli ?? '', 'register', ...own, ...flags], options);
  // In an object: an async function would wait for its end.
  return { process: execa(node, [cli ?? '', 'start', ...own], { ...options, buffer: false, reject: false }) };
}

/** The runner's sources, with those of our own packages that it imports. */
async function packRunner(checkout: string, into: string): Promise<void> {
  const parts = ['runner', 'protocol', 'detection'].filter((name) => existsSync(join(checkout, name)));
  const leftOut = ['*.test.ts', 'testing', 'recorded', 'fixtures', 'node_modules', '*.md'];
  const without = leftOut.map((name) => `--exclude=${name}`);
  await execa('tar', [...PACKED, '-cf', into, ...without, '-C', checkout, ...parts]);
}

async function record(commit: string, checkout: string, state: string): Promise<void> {
  await checkOut(commit, checkout);
  const onHost = existsSync(join(checkout, 'runner', 'src', 'host-executor'));
  const instance = execa(process.execPath, [join(checkout, 'stack', 'bootstrap.mjs'), 'start'], {
    cwd: checkout,
    env: {
      APPFLUX_STATE: state,
      APPFLUX_PORT: String(PORT),
      APPFLUX_BOOTSTRAP_TOKEN: OWNER_TOKEN,
      APPFLUX_RUNNERS: onHost ? '0' : '1',
      APPFLUX_SCAN: 'off',
    },
    stdout: ['pipe', 'inherit'],
    stderr: 'inherit',
    buffer: false,
    reject: false,
  });
  const link = await signInLink(instance.stdout);
  const surface = new Surface(new URL(link).origin);
  const runner = onHost ? await startHostRunner(checkout, state, surface) : null;
  const facts = await fill(surface, link, commit, onHost ? ['host'] : []);
  await untilSettled(surface, facts);
  runner?.process.kill('SIGTERM');
  await runner?.process;
  instance.kill('SIGINT');
  await instance;

  const into = join(import.meta.dirname, 'recorded', commit);
  await mkdir(into, { recursive: true });
  const leftOut = RECREATED.map((name) => `--exclude=./${name}`);
  await execa('tar', [...PACKED, '-cf', join(into, 'state.tar.gz'), ...leftOut, '-C', state, '.']);
  if (onHost) await packRunner(checkout, join(into, 'runner.tar.gz'));
  await writeFile(join(into, 'facts.json'), `${JSON.stringify(facts, null, 2)}\n`);
}

async function main(): Promise<void> {
  const ref = process.argv[2];
  if (ref === undefined) throw new Error('Pass the commit to record as the argument.');
  const { stdout: commit } = await execa('git', ['rev-parse', '--short=7', '--verify', `${ref}^{commit}`], {
    cwd: ROOT,
  });
  const folders = await Promise.all(
    ['checkout', 'state'].map((name) => mkdtemp(join(tmpdir(), `appflux-record-${name}-`))),
  );
  const [checkout = '', state = ''] = folders;
  await record(commit, checkout, state).finally(() =>
    Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))),
  );
}

await main();
