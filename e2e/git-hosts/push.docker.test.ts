/**
 * Real pushes to a real Git host: the host's webhook makes a deployment, a runner clones the private repository and builds
 * it, the preview is live, the host shows a status and a comment, and a receiver of notifications gets one.
 */
import { createHmac } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { get, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { type Deployment, HOOK_HEADER, hasEnded } from '@appflux/protocol';
import { execa } from 'execa';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { connectEngine } from '../../runner/src/sandbox/engine.ts';
import { ensureWebImage } from '../../runner/src/testing/docker.ts';
import { findGitea } from '../../stack/gitea/install.ts';
import { type Gitea, startGitea } from '../../stack/gitea/serve.ts';
import { Client, pause } from '../instance/client.ts';
import { type EdgeInstance, startInstance } from '../instance/edge.ts';
import { type RunnerProcess, startRunner } from '../instance/runner.ts';
import { type Receiver, startReceiver } from './receiver.ts';
import { WorkTree } from './work-tree.ts';

const program = await findGitea();

let gitea: Gitea;
let edge: EdgeInstance;
let client: Client;
let runner: RunnerProcess;
let receiver: Receiver;
let folder: string;
let tree: WorkTree;
let secret: string;

beforeAll(async () => {
  if (program === null) return;
  await ensureWebImage(connectEngine());
  folder = await mkdtemp(join(tmpdir(), 'appflux-push-'));
  gitea = await startGitea(program);
  edge = await startInstance({ variables: { APPFLUX_ALLOW_PRIVATE_TARGETS: '1' } });
  client = new Client(edge);
  runner = await startRunner(edge);
  receiver = await startReceiver();
  tree = await WorkTree.create(gitea, folder, 'site');
  await tree.push('main', 'first');
  await client.createApp({
    name: 'Pushed',
    slug: 'pushed',
    source: { provider: 'git', repoUrl: `${gitea.url}/owner/site.git`, branch: 'main' },
  });
  const token = await gitea.createToken('appflux', ['write:repository', 'write:issue', 'read:user']);
  await client.api.sourceCredential.set('pushed', { kind: 'token', username: 'owner', token });
  await connect('site');
  const hook = await client.api.hooks.create({
    kind: 'webhook',
    url: receiver.url,
    events: ['deployment.succeeded', 'deployment.waiting'],
  });
  secret = hook.secret ?? '';
});

beforeEach(({ skip }) => {
  if (program === null) skip('Gitea is not built on this machine');
});

afterAll(async () => {
  await runner?.stop();
  await edge?.stop();
  await gitea?.stop();
  await receiver?.close();
  if (folder !== undefined) await rm(folder, { recursive: true, force: true });
});

/** Sends the events of a repository to AppFlux, as a person would set it up. */
async function connect(repository: string): Promise<void> {
  const key = await client.api.webhooks.createSecret({ provider: 'gitea', name: repository });
  await gitea.api('POST', `/repos/owner/${repository}/hooks`, {
    type: 'gitea',
    active: true,
    config: { url: key.url, secret: key.secret, content_type: 'json' },
    events: ['push', 'delete', 'pull_request', 'pull_request_sync'],
  });
}

/** The deployment of a commit, once there is one that satisfies `what`. */
async function deploymentOf(
  slug: string,
  commit: string,
  what: (deployment: Deployment) => boolean = () => true,
): Promise<Deployment> {
  const deadline = Date.now() + 120_000;
  for (;;) {
    const { items } = await client.api.deployments.listOf(slug);
    const found = items.filter(({ commitHash }) => commitHash === commit);
    // One commit is deployed once, whatever reported it.
    expect(found.length).toBeLessThanOrEqual(1);
    const [deployment] = found;
    if (deployment !== undefined && what(deployment)) return deployment;
    if (Date.now() > deadline) throw new Error(`No such deployment: ${JSON.stringify(items)}`);
    await pause(200);
  }
}

const ended = ({ status }: Deployment) => hasEnded(status);

async function succeeded(slug: string, commit: string): Promise<Deployment> {
  const deployment = await deploymentOf(slug, commit, ended);
  const log = (await client.logs(deployment.id)).items.map((line) => line.text).join('\n');
  expect(deployment.status, log).toBe('success');
  return deployment;
}

/** The page of a site, whose name no resolver but a browser's knows. */
async function pageOf(url: string | undefined): Promise<string> {
  const { host, port } = new URL(url ?? '');
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    get({ host: '127.0.0.1', port, headers: { Host: host }, agent: false }, resolve).on('error', reject);
  });
  return text(response);
}

interface Shown {
  readonly state: string;
  readonly statuses: readonly { readonly context: string; readonly target_url: string }[];
}

/** What the host shows of a commit. */
const statusOf = async (commit: string) =>
  (await gitea.api('GET', `/repos/owner/site/commits/${commit}/status`)) as Shown;

describe('a push', () => {
  it('to another branch ends in a live preview, a status and a notification', async () => {
    const commit = await tree.push('topic', 'preview');
    const deployment = await succeeded('pushed', commit);
    expect(deployment).toMatchObject({
      trigger: 'push',
      environment: 'preview',
      branch: 'topic',
      commitMessage: 'Show preview',
      creator: { kind: 'git', name: 'owner' },
    });
    expect(await pageOf(deployment.urls.site)).toContain('<title>preview</title>');
    expect(await pageOf(deployment.urls.branch)).toContain('<title>preview</title>');
    await expect.poll(async () => (await statusOf(commit)).state).toBe('success');
    expect((await statusOf(commit)).statuses).toMatchObject([
      { context: 'AppFlux / pushed (preview)', target_url: deployment.urls.site },
    ]);
    const notifications = () => receiver.received.filter(({ body }) => body.includes(deployment.id));
    await expect.poll(() => notifications().length).toBe(1);
    const [{ headers, body } = { headers: {}, body: '' }] = notifications();
    expect(JSON.parse(body)).toMatchObject({
      event: 'deployment.succeeded',
      deployment: { commitHash: commit },
      app: { slug: 'pushed' },
    });
    const timestamp = headers[HOOK_HEADER.timestamp.toLowerCase()];
    const signature = createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex');
    expect(headers[HOOK_HEADER.signature.toLowerCase()]).toBe(`sha256=${signature}`);
  });

  it('to the app’s branch goes live', async () => {
    const commit = await tree.push('main', 'production');
    const deployment = await succeeded('pushed', commit);
    expect(deployment.environment).toBe('production');
    const { urls } = await client.app('pushed');
    await expect.poll(() => pageOf(urls.site)).toContain('<title>production</title>');
  });

  it('with a skip marker is listed with its reason', async () => {
    const commit = await tree.push('quiet', 'nothing', 'Nothing to see [skip ci]');
    const deployment = await deploymentOf('pushed', commit, ended);
    expect(deployment).toMatchObject({
      status: 'canceled',
      skipped: { reason: expect.stringMatching(/skip ci/) },
    });
  });

  it('that deletes a branch ends its preview', async () => {
    const deployment = await succeeded('pushed', await tree.push('gone', 'gone'));
    expect(await pageOf(deployment.urls.branch)).toContain('<title>gone</title>');
    await tree.git('push', '--quiet', 'origin', ':gone');
    await expect.poll(() => pageOf(deployment.urls.branch)).not.toContain('<title>gone</title>');
    expect(await pageOf(deployment.urls.site)).toContain('<title>gone</title>');
  });
});

describe('a pull request', () => {
  it('gets one comment, which the next push edits', async () => {
    const comments = async () =>
      (await gitea.api('GET', `/repos/owner/site/issues/${number}/comments`)) as {
        id: number;
        body: string;
      }[];
    const first = await succeeded('pushed', await tree.push('feature', 'one'));
    const { number } = (await gitea.api('POST', '/repos/owner/site/pulls', {
      head: 'feature',
      base: 'main',
      title: 'A feature | with <b>markup</b>',
    })) as { number: number };
    await expect
      .poll(async () => (await comments()).map(({ body }) => body).join())
      .toContain(first.urls.site);
    const [comment] = await comments();
    const second = await succeeded('pushed', await tree.push('feature', 'two'));
    expect(second.pullRequest).toMatchObject({
      number,
      title: 'A feature | with <b>markup</b>',
      fork: false,
    });
    await expect
      .poll(async () => (await comments()).map(({ body }) => body).join())
      .toContain(second.urls.site);
    expect((await comments()).map(({ id }) => id)).toEqual([comment?.id]);
  });

  it('from a fork waits until someone of the team approves it', async () => {
    const visitor = { name: 'visitor', password: 'password-of-the-tests' };
    await gitea.api('POST', '/admin/users', {
      username: visitor.name,
      email: 'visitor@example.com',
      password: visitor.password,
      must_change_password: false,
    });
    await gitea.api('PUT', '/repos/owner/site/collaborators/visitor', { permission: 'read' });
    await gitea.api('POST', '/repos/owner/site/forks', {}, visitor);
    await tree.pushTo(gitea, visitor, 'site');
    const commit = await tree.push('patch', 'from a fork');
    await tree.pushTo(gitea, gitea.owner, 'site');
    await gitea.api(
      'POST',
      '/repos/owner/site/pulls',
      { head: 'visitor:patch', base: 'main', title: 'From a fork' },
      visitor,
    );
    const waiting = await deploymentOf('pushed', commit);
    expect(waiting).toMatchObject({
      status: 'queued',
      approval: { state: 'required' },
      pullRequest: { title: 'From a fork', fork: true },
      creator: { name: 'visitor' },
    });
    await client.api.deployments.approve(waiting.id);
    const deployment = await succeeded('pushed', commit);
    expect(await pageOf(deployment.urls.site)).toContain('<title>from a fork</title>');
  });
});

describe('a deploy key', () => {
  it('of the repository lets an app clone by SSH, once the host’s key is known', async () => {
    const deployed = await WorkTree.create(gitea, folder, 'keyed');
    await deployed.push('main', 'first');
    await connect('keyed');
    const repoUrl = `ssh://git@127.0.0.1:${gitea.sshPort}/owner/keyed.git`;
    await client.createApp({
      name: 'Keyed',
      slug: 'keyed',
      source: { provider: 'git', repoUrl, branch: 'main' },
    });
    const { stdout: knownHosts } = await execa('ssh-keyscan', ['-p', String(gitea.sshPort), '127.0.0.1']);
    const key = await client.api.sourceCredential.createKey('keyed', { knownHosts });
    expect(key.kind).toBe('ssh');
    await gitea.api('POST', '/repos/owner/keyed/keys', {
      title: 'AppFlux',
      key: key.kind === 'ssh' ? key.publicKey : null,
      read_only: true,
    });
    const deployment = await succeeded('keyed', await deployed.push('main', 'by SSH'));
    expect(await pageOf(deployment.urls.site)).toContain('<title>by SSH</title>');
  });
});
