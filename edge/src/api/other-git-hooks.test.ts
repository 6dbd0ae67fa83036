/** Webhooks of hosts other than GitHub, through the real route. */
import { env } from 'cloudflare:workers';
import { createHmac } from 'node:crypto';
import { repoKeyOf, type WebhookAnswer } from '@appflux/protocol';
import { beforeEach, describe, expect, it } from 'vitest';
import push from '../../fixtures/gitea/push.json' with { type: 'json' };
import { metadataOf } from '../metadata/index.ts';
import type { AppRecord } from '../metadata/metadata.ts';
import { appRecord } from '../metadata/testing/sample-records.ts';
import { founder } from '../testing/people.ts';
import { forgetAll, request } from '../testing/worker.ts';

const metadata = metadataOf(env);
const SHA = { a: 'a'.repeat(40), b: 'b'.repeat(40), c: 'c'.repeat(40) };

let owner: Awaited<ReturnType<typeof founder>>;

beforeEach(async () => {
  await forgetAll();
  owner = await founder();
});

/** A webhook secret of the owner's team. */
async function secretOf(provider: string): Promise<{ path: string; secret: string }> {
  const response = await request('/api/webhook-secrets', {
    method: 'POST',
    token: owner.token,
    json: { provider, name: provider },
  });
  const { url, secret } = (await response.json()) as { url: string; secret: string };
  return { path: url.slice(env.PUBLIC_URL.length), secret };
}

async function appOf(repoUrl: string, change: Partial<AppRecord> = {}): Promise<AppRecord> {
  const app = appRecord({
    ownerId: owner.user.id,
    source: { provider: 'git', repoUrl, branch: 'main', rootDirectory: './', depth: 1 },
    repoKey: repoKeyOf(repoUrl),
    ...change,
  });
  await metadata.apps.insert(app);
  return app;
}

const hmac = (secret: string, body: string) => createHmac('sha256', secret).update(body).digest('hex');

async function send(path: string, body: string, headers: Record<string, string>): Promise<Response> {
  return request(path, { method: 'POST', body, headers: { 'Content-Type': 'application/json', ...headers } });
}

/** The answer to a delivery. Throws unless it is accepted. */
async function answerOf(response: Response): Promise<{ deployments: string[]; ignored: string | null }> {
  const text = await response.text();
  if (response.status !== 202) throw new Error(`${response.status}: ${text}`);
  const answer = JSON.parse(text) as WebhookAnswer;
  return 'ignored' in answer
    ? { deployments: [], ignored: answer.ignored }
    : { deployments: answer.deployments, ignored: null };
}

const listed = async (app: AppRecord) =>
  (await metadata.deployments.list({ ownerId: app.ownerId, appId: app.id }, { limit: 100 })).items;

describe('Gitea', () => {
  const { headers } = push;
  /** A delivery that a real Gitea sent, signed with another secret. */
  const deliver = ({ path, secret }: { path: string; secret: string }, change: Record<string, string> = {}) =>
    send(path, push.body, {
      'X-Gitea-Event': headers['x-gitea-event'],
      'X-Gitea-Delivery': headers['x-gitea-delivery'],
      'X-Gitea-Signature': hmac(secret, push.body),
      ...change,
    });

  it('deploys what was pushed, once, however often it is delivered', async () => {
    const app = await appOf('http://127.0.0.1:39123/owner/site');
    const key = await secretOf('gitea');
    const first = await answerOf(await deliver(key));
    expect(first.deployments).toHaveLength(1);
    expect(await answerOf(await deliver(key))).toEqual(first);
    // A second webhook on the same repository has ids of its own.
    expect(await answerOf(await deliver(key, { 'X-Gitea-Delivery': 'another' }))).toEqual(first);
    expect(await listed(app)).toMatchObject([
      {
        id: first.deployments[0],
        trigger: 'push',
        creator: { kind: 'git', name: 'owner' },
        commitHash: JSON.parse(push.body).after,
        commitMessage: expect.stringMatching(/^Second page/),
        environment: 'production',
      },
    ]);
  });

  it('is refused without the right signature, and with the secret of another host', async () => {
    const app = await appOf('http://127.0.0.1:39123/owner/site');
    const key = await secretOf('gitea');
    const other = await secretOf('forgejo');
    for (const change of [
      { 'X-Gitea-Signature': hmac('wrong', push.body) },
      { 'X-Gitea-Signature': hmac(key.secret, `${push.body} `) },
      { 'X-Gitea-Signature': hmac(other.secret, push.body) },
      { 'X-Gitea-Signature': '' },
    ])
      expect((await deliver(key, change)).status).toBe(401);
    expect(await listed(app)).toEqual([]);
  });

  it('deploys nothing of another team', async () => {
    const theirs = await appOf('http://127.0.0.1:39123/owner/site', { ownerId: crypto.randomUUID() });
    const { deployments, ignored } = await answerOf(await deliver(await secretOf('gitea')));
    expect(deployments).toEqual([]);
    expect(ignored).toContain('owner/site');
    expect(await listed(theirs)).toEqual([]);
  });

  it('judges paths by what it lists when it can’t be asked', async () => {
    const docs = await appOf('http://127.0.0.1:39123/owner/site', {
      id: '65f0000000000000000000d0',
      slug: 'docs',
      source: {
        provider: 'git',
        repoUrl: 'http://127.0.0.1:39123/owner/site',
        branch: 'main',
        rootDirectory: 'docs',
        depth: 1,
      },
    });
    const other = await appOf('http://127.0.0.1:39123/owner/site', {
      id: '65f0000000000000000000d1',
      slug: 'other',
      source: {
        provider: 'git',
        repoUrl: 'http://127.0.0.1:39123/owner/site',
        branch: 'main',
        rootDirectory: 'other',
        depth: 1,
      },
    });
    await answerOf(await deliver(await secretOf('gitea')));
    await expect.poll(async () => [...(await listed(docs)), ...(await listed(other))].length).toBe(2);
    expect(await listed(docs)).toMatchObject([{ status: 'queued', skipped: null }]);
    expect(await listed(other)).toMatchObject([
      { status: 'canceled', skipped: { reason: 'No file changed in other' } },
    ]);
  });
});

describe('GitLab', () => {
  const project = {
    id: 15,
    path_with_namespace: 'harbor/site',
    web_url: 'https://gitlab.example.com/harbor/site',
    git_http_url: 'https://gitlab.example.com/harbor/site.git',
    git_ssh_url: 'git@gitlab.example.com:harbor/site.git',
    default_branch: 'main',
  };
  const body = JSON.stringify({
    object_kind: 'push',
    ref: 'refs/heads/main',
    before: SHA.a,
    after: SHA.b,
    checkout_sha: SHA.b,
    user_username: 'mara',
    project_id: 15,
    project,
    commits: [{ id: SHA.b, message: 'Change', added: [], modified: ['index.html'], removed: [] }],
    total_commits_count: 1,
  });

  it('deploys an app that is cloned over SSH, with the token of the webhook', async () => {
    const app = await appOf('ssh://git@gitlab.example.com/harbor/site.git');
    const { path, secret } = await secretOf('gitlab');
    expect((await send(path, body, { 'X-Gitlab-Token': 'wrong' })).status).toBe(401);
    expect((await send(path, body, {})).status).toBe(401);
    const { deployments } = await answerOf(await send(path, body, { 'X-Gitlab-Token': secret }));
    expect(await listed(app)).toMatchObject([{ id: deployments[0], creator: { kind: 'git', name: 'mara' } }]);
  });
});

describe('Bitbucket', () => {
  const repository = {
    uuid: '{1d29}',
    full_name: 'harbor/site',
    links: { html: { href: 'https://bitbucket.org/harbor/site' } },
  };
  const state = (name: string, hash: string) => ({
    type: 'branch',
    name,
    target: { hash, message: `At ${name}`, author: { raw: 'Mara <mara@example.com>' } },
  });
  const deliver = async (
    { path, secret }: { path: string; secret: string },
    key: string,
    payload: object,
    id: string = crypto.randomUUID(),
  ) => {
    const body = JSON.stringify({ actor: { nickname: 'mara' }, repository, ...payload });
    return answerOf(
      await send(path, body, {
        'X-Event-Key': key,
        'X-Request-UUID': id,
        'X-Hub-Signature': `sha256=${hmac(secret, body)}`,
      }),
    );
  };

  it('deploys every branch of a push, once', async () => {
    const app = await appOf('https://bitbucket.org/harbor/site.git');
    const key = await secretOf('bitbucket');
    const changes = [
      { old: state('main', SHA.a), new: state('main', SHA.b) },
      { old: null, new: state('topic', SHA.c) },
    ];
    const first = await deliver(key, 'repo:push', { push: { changes } }, 'one');
    expect(first.deployments).toHaveLength(2);
    expect(await deliver(key, 'repo:push', { push: { changes } }, 'one')).toEqual(first);
    // Events of one delivery are a burst: their deployments are created after the answer.
    await expect
      .poll(async () =>
        (await listed(app)).map(({ branch, environment }) => `${branch} ${environment}`).sort(),
      )
      .toEqual(['main production', 'topic preview']);
  });

  it('makes one deployment of a push and its pull request, which shortens the commit', async () => {
    const app = await appOf('https://bitbucket.org/harbor/site.git');
    const key = await secretOf('bitbucket');
    const pullrequest = {
      id: 6,
      title: 'A feature',
      links: { html: { href: 'https://bitbucket.org/harbor/site/pull-requests/6' } },
      source: { branch: { name: 'topic' }, commit: { hash: SHA.c.slice(0, 12) }, repository },
      destination: { branch: { name: 'main' }, repository },
    };
    const changes = [{ old: null, new: state('topic', SHA.c) }];
    const pushed = await deliver(key, 'repo:push', { push: { changes } });
    const opened = await deliver(key, 'pullrequest:created', { pullrequest });
    expect(opened.deployments).toEqual(pushed.deployments);
    await expect.poll(async () => (await listed(app))[0]?.pullRequest?.number).toBe(6);
    expect(await listed(app)).toHaveLength(1);
  });

  it('answers a push that changes nothing with why', async () => {
    await appOf('https://bitbucket.org/harbor/site.git');
    const key = await secretOf('bitbucket');
    expect(await deliver(key, 'repo:push', { push: { changes: [] } })).toMatchObject({ deployments: [] });
    const { ignored } = await deliver(key, 'repo:push', {
      push: {
        changes: [
          { old: null, new: null },
          { old: null, new: null },
        ],
      },
    });
    expect(ignored).toBe('The change names no branch or tag');
  });
});
