import { env } from 'cloudflare:workers';
import { Deployment, Grant, SourceCredential } from '@appflux/protocol';
import { beforeEach, describe, expect, test } from 'vitest';
import { createDeployment } from '../deployment/create.ts';
import { createPrivateKey } from '../git-hosts/credential/open-ssh.ts';
import { resealApp } from '../key-rotation/reseal.ts';
import { metadataOf } from '../metadata/index.ts';
import { newObjectId } from '../metadata/object-id.ts';
import { createSealer } from '../secrets/sealing.ts';
import { forgetAll, request, signIn } from '../testing/worker.ts';

const HTTPS = 'https://git.example/team/site.git';
const HOST_KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl';
const path = '/api/apps/site/source/credential';

let token: string;

beforeEach(async () => {
  await forgetAll();
  token = (await signIn()).access_token;
});

const call = (method: string, where: string, json?: object) =>
  request(where, { method, token, ...(json === undefined ? {} : { json }) });

async function newApp(source: object = {}) {
  const json = { name: 'Site', source: { provider: 'git', repoUrl: HTTPS, branch: 'main', ...source } };
  expect((await call('POST', '/api/apps', json)).status).toBe(201);
}

const shown = async () => SourceCredential.nullable().parse(await (await call('GET', path)).json());

/** What a runner gets to fetch a new deployment. */
async function claimed() {
  const response = await call('POST', '/api/apps/site/deployments', {});
  const { id } = Deployment.parse(await response.json());
  const answer = await env.DEPLOYMENTS.getByName(id).claim({ id: newObjectId(), name: 'one' });
  if ('refused' in answer) throw new Error(`refused: ${answer.refused}`);
  // A runner refuses a grant that has more in it.
  const { source } = Grant.parse(answer.granted).job;
  return { source, access: answer.access };
}

async function refusal(response: Response) {
  const { error } = await response.json<{ error: { code: string; message: string; hint: string } }>();
  return { status: response.status, ...error };
}

describe('a token', () => {
  test('is given to runners, and to nobody else', async () => {
    await newApp();
    expect(await shown()).toBeNull();
    const set = await call('PUT', path, { kind: 'token', username: 'deploy', token: 'glpat-secret' });
    expect(set.status).toBe(200);
    const text = await set.text();
    expect(text).not.toContain('glpat-secret');
    expect(await shown()).toMatchObject({ kind: 'token', host: 'git.example', username: 'deploy' });
    for (const where of [path, '/api/apps/site', '/api/apps', '/api/audit'])
      expect(await (await call('GET', where)).text()).not.toContain('glpat-secret');
    expect(await claimed()).toEqual({
      source: {
        kind: 'git',
        repoUrl: HTTPS,
        branch: 'main',
        commit: null,
        token: 'glpat-secret',
        rootDirectory: './',
      },
      access: { username: 'deploy' },
    });
  });

  test('that is replaced reaches deployments that wait already', async () => {
    await newApp();
    await call('PUT', path, { kind: 'token', token: 'first' });
    const { id } = Deployment.parse(await (await call('POST', '/api/apps/site/deployments', {})).json());
    await call('PUT', path, { kind: 'token', token: 'second' });
    const answer = await env.DEPLOYMENTS.getByName(id).claim({ id: newObjectId(), name: 'one' });
    expect('granted' in answer && answer.granted.job.source).toMatchObject({ token: 'second' });
  });

  test('is shown to no other host: not after the repository was moved there', async () => {
    await newApp();
    await call('PUT', path, { kind: 'token', token: 'secret' });
    for (const repoUrl of ['https://evil.example/team/site.git', 'https://git.example:8443/team/site.git']) {
      const source = { provider: 'git', repoUrl, branch: 'main' };
      expect((await call('PATCH', '/api/apps/site', { source })).status).toBe(200);
      expect((await claimed()).source).toMatchObject({ repoUrl, token: null });
      expect(await shown()).toBeNull();
    }
  });

  test('is for the repository alone where a fork names its submodules', async () => {
    await newApp();
    await call('PUT', path, { kind: 'token', token: 'secret' });
    const metadata = metadataOf(env);
    const app = await metadata.apps.bySlug('site');
    if (app === null) throw new Error('the app is there');
    const url = 'https://git.example/team/site/pulls/7';
    const created = await createDeployment(
      { env, metadata },
      app,
      {},
      {
        creator: { kind: 'git', name: 'eve' },
        pullRequest: { number: 7, title: 'A gift', url, fork: true },
      },
    );
    const deployment = env.DEPLOYMENTS.getByName(created.record.id);
    await deployment.approve('ada');
    const answer = await deployment.claim({ id: newObjectId(), name: 'one' });
    expect('granted' in answer && answer.access).toEqual({ ownRepositoryOnly: true });
    expect((await claimed()).access).toEqual({});
  });

  test('can be removed', async () => {
    await newApp();
    expect((await refusal(await call('DELETE', path))).status).toBe(404);
    await call('PUT', path, { kind: 'token', token: 'secret' });
    expect((await call('DELETE', path)).status).toBe(204);
    expect((await claimed()).source).toMatchObject({ token: null });
  });

  test('is resealed with the instance’s new key', async () => {
    await newApp();
    await call('PUT', path, { kind: 'token', token: 'secret' });
    const app = await metadataOf(env).apps.bySlug('site');
    if (app === null) throw new Error('the app is there');
    const rotated = {
      ...env,
      SEALING_KEY: Buffer.alloc(32, 9).toString('base64'),
      SEALING_KEY_PREVIOUS: env.SEALING_KEY,
    };
    expect(await resealApp(app, metadataOf(env), createSealer(rotated))).toBe(1);
    const back = { ...env, SEALING_KEY_PREVIOUS: rotated.SEALING_KEY };
    expect(await resealApp(app, metadataOf(env), createSealer(back))).toBe(1);
    expect((await claimed()).source).toMatchObject({ token: 'secret' });
  });

  test.each([
    ['a line break', { token: 'a\nb' }],
    ['a user name with a colon', { token: 'a', username: 'a:b' }],
    ['nothing', { token: '' }],
    ['an unknown member', { token: 'a', user: 'b' }],
  ])('is refused with %s', async (_what, input) => {
    await newApp();
    expect((await call('PUT', path, { kind: 'token', ...input })).status).toBe(400);
  });
});

describe('an SSH key', () => {
  test('goes beside the grant, with the pinned keys of its server', async () => {
    await newApp({ repoUrl: 'git@git.example:team/site.git', depth: 'full' });
    const privateKey = await createPrivateKey('mine');
    const knownHosts = `git.example ${HOST_KEY}\n`;
    const set = await call('PUT', path, { kind: 'ssh', privateKey, knownHosts });
    expect(await set.json()).toMatchObject({
      kind: 'ssh',
      publicKey: expect.stringMatching(/^ssh-ed25519 /),
      hostKeys: ['SHA256:+DiY3wvvV6TuJJhbpZisF/zLDA0zPMSvHdkr4UvCOqU'],
    });
    expect(await (await call('GET', path)).text()).not.toContain('PRIVATE KEY');
    expect(await claimed()).toEqual({
      // What a runner of an earlier version can read.
      source: expect.objectContaining({ repoUrl: 'https://git.example/team/site.git', token: null }),
      access: {
        depth: 'full',
        ssh: { url: 'ssh://git@git.example/team/site.git', privateKey, hostKeys: [HOST_KEY] },
      },
    });
  });

  test('can be created, for a host whose keys are known', async () => {
    await newApp({ provider: 'github', repoUrl: 'https://github.com/acme/site' });
    const made = await call('POST', `${path}/ssh-key`, {});
    expect(made.status).toBe(201);
    const { publicKey } = SourceCredential.parse(await made.json()) as { publicKey: string };
    expect(publicKey).toMatch(/^ssh-ed25519 \S+$/);
    expect((await claimed()).access.ssh).toMatchObject({
      url: 'ssh://git@github.com/acme/site',
      hostKeys: expect.arrayContaining([HOST_KEY]),
    });
  });

  test('is refused for a host whose keys nobody has given', async () => {
    await newApp({ repoUrl: 'ssh://git@git.example:2222/team/site.git' });
    const refused = await refusal(await call('POST', `${path}/ssh-key`, {}));
    expect(refused).toMatchObject({ status: 422, message: 'The SSH keys of git.example:2222 are not known' });
    expect(refused.hint).toContain('`ssh-keyscan git.example`');
    expect(await shown()).toBeNull();
  });

  test('is refused when it is none, or for an app without a repository', async () => {
    await newApp();
    const input = { kind: 'ssh', privateKey: HOST_KEY, knownHosts: HOST_KEY };
    expect(await refusal(await call('PUT', path, input))).toMatchObject({
      status: 422,
      message: 'This is not a private SSH key',
    });
    await call('PATCH', '/api/apps/site', { source: { provider: 'upload', rootDirectory: './' } });
    expect(await refusal(await call('PUT', path, { kind: 'token', token: 'a' }))).toMatchObject({
      status: 422,
    });
    expect(await shown()).toBeNull();
  });
});

test('a repository gets as many commits as the app asks for when the deployment is requested or redeployed', async () => {
  await newApp();
  expect((await claimed()).access).toEqual({});
  const source = { provider: 'git', repoUrl: HTTPS, branch: 'main', depth: 50 };
  await call('PATCH', '/api/apps/site', { source });
  expect((await claimed()).access).toEqual({ depth: 50 });
});
