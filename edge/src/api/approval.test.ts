import { env } from 'cloudflare:workers';
import {
  App,
  type AuditEntry,
  Deployment,
  ErrorBody,
  type Page,
  type PullRequestRef,
} from '@appflux/protocol';
import { beforeEach, describe, expect, test } from 'vitest';
import { createDeployment, createSkipped } from '../deployment/create.ts';
import { metadataOf } from '../metadata/index.ts';
import type { AppRecord } from '../metadata/metadata.ts';
import { appRecord } from '../metadata/testing/sample-records.ts';
import { founder, type SignedIn } from '../testing/people.ts';
import { forgetAll, request } from '../testing/worker.ts';

const metadata = metadataOf(env);
const parts = { env, metadata };
const creator = { kind: 'github', name: 'mallory' } as const;
const COMMIT = 'b'.repeat(40);

let owner: SignedIn;
let app: AppRecord;

beforeEach(async () => {
  await forgetAll();
  owner = await founder();
  app = appRecord({ ownerId: owner.user.id, slug: 'shop' });
  await metadata.apps.insert(app);
});

const pullRequest = (number: number): PullRequestRef => ({
  number,
  title: 'Add a page',
  url: `https://git.example/team/app/pull/${number}`,
  fork: true,
});

const ofFork = async (number = 7) =>
  (
    await createDeployment(
      parts,
      app,
      { branch: 'main', commit: COMMIT },
      { creator, trigger: 'pull_request', pullRequest: pullRequest(number) },
    )
  ).record.id;

const post = (path: string, json: object = {}) => request(path, { method: 'POST', token: owner.token, json });
const get = (path: string) => request(path, { token: owner.token });
const deploymentOf = async (response: Response) => Deployment.parse(await response.json());
const codeOf = async (response: Response) => [
  response.status,
  ErrorBody.parse(await response.json()).error.code,
];

describe('a deployment from a fork', () => {
  test('says what it waits for, and is approved once, by whom is in its record and in the audit log', async () => {
    const id = await ofFork();
    const waiting = await deploymentOf(await get(`/api/deployments/${id}`));
    expect(waiting).toMatchObject({
      status: 'queued',
      approval: { state: 'required', by: null },
      waiting: { reason: 'approval' },
      pullRequest: { number: 7, fork: true },
      creator,
    });
    expect(waiting.waitingFor).toContain('approve');
    const response = await post(`/api/deployments/${id}/approve`);
    expect(response.status).toBe(202);
    const { email } = owner.user;
    expect(await deploymentOf(response)).toMatchObject({
      approval: { state: 'approved', by: email },
      waiting: null,
    });
    expect((await deploymentOf(await get(`/api/deployments/${id}`))).waitingFor).not.toContain('approve');
    const { items } = await (await get('/api/audit')).json<Page<AuditEntry>>();
    expect(items[0]).toMatchObject({
      action: 'deployment.approve',
      actor: { kind: 'user', name: email },
      target: { kind: 'deployment', id, name: 'shop' },
    });
    expect(items[1]).toMatchObject({
      action: 'deployment.create',
      actor: { kind: 'github', name: 'mallory' },
    });
    expect((await post(`/api/deployments/${id}/approve`)).status).toBe(202);
  });

  test('is approved by nobody of another team', async () => {
    const theirs = appRecord();
    await metadata.apps.insert(theirs);
    const { record } = await createDeployment(parts, theirs, {}, { creator, pullRequest: pullRequest(1) });
    expect(await codeOf(await post(`/api/deployments/${record.id}/approve`))).toEqual([404, 'not_found']);
    expect((await metadata.deployments.byId(record.id))?.approval).toEqual({ state: 'required', by: null });
  });

  test('is not approved after it was canceled, and who did that is in the audit log', async () => {
    const id = await ofFork();
    expect((await post(`/api/deployments/${id}/cancel`)).status).toBe(202);
    expect(await codeOf(await post(`/api/deployments/${id}/approve`))).toEqual([409, 'already_ended']);
    const { items } = await (await get('/api/audit')).json<Page<AuditEntry>>();
    expect(items[0]).toMatchObject({ action: 'deployment.cancel', actor: { name: owner.user.email } });
  });

  test('never goes live, neither by a promotion nor as a release', async () => {
    const id = await ofFork();
    const kept = await metadata.deployments.byId(id);
    if (kept === null) throw new Error('it is not there');
    await metadata.deployments.project({ ...kept, status: 'success' }, 100);
    expect(await codeOf(await post(`/api/deployments/${id}/promote`, { force: true }))).toEqual([
      422,
      'unprocessable',
    ]);
    expect(await codeOf(await post('/api/apps/shop/release', { deploymentId: id }))).toEqual([
      422,
      'unprocessable',
    ]);
    expect((await metadata.apps.byId(app.id))?.release).toBeNull();
  });
});

test('what needs no approval is not approved', async () => {
  const { id } = await deploymentOf(await post('/api/apps/shop/deployments'));
  expect(await codeOf(await post(`/api/deployments/${id}/approve`))).toEqual([422, 'unprocessable']);
});

test('who created a deployment is said of people and of tokens', async () => {
  const byPerson = await deploymentOf(await post('/api/apps/shop/deployments'));
  expect(byPerson).toMatchObject({ number: 1, creator: { kind: 'user', name: owner.user.email } });
  const made = await post('/api/tokens', { name: 'ci', scopes: ['deployments:write'] });
  const { token } = await made.json<{ token: string }>();
  const asked = await request('/api/deploy', { method: 'POST', token, json: { app: 'shop' } });
  const { success: _, deploymentId: __, ...byToken } = await asked.json<Record<string, unknown>>();
  expect(Deployment.parse(byToken)).toMatchObject({ number: 2, creator: { kind: 'token', name: 'ci' } });
});

test('lists are narrowed by what was skipped, by branch, environment and pull request', async () => {
  const fork = await ofFork(9);
  const skipped = await createSkipped(parts, app, { branch: 'main' }, { creator, reason: 'Nothing changed' });
  const plain = await deploymentOf(await post('/api/apps/shop/deployments', { branch: 'next' }));
  const idsOf = async (query: string) =>
    (await (await get(query)).json<Page<Deployment>>()).items.map(({ id }) => id);
  for (const list of ['/api/deployments', '/api/apps/shop/deployments']) {
    expect(await idsOf(`${list}?skipped=only`)).toEqual([skipped.record.id]);
    expect(await idsOf(`${list}?skipped=exclude`)).toEqual([plain.id, fork]);
    expect(await idsOf(`${list}?branch=next`)).toEqual([plain.id]);
    expect(await idsOf(`${list}?environment=preview`)).toEqual([fork]);
    expect(await idsOf(`${list}?pullRequest=9`)).toEqual([fork]);
    expect(await idsOf(`${list}?pullRequest=9&status=success`)).toEqual([]);
    for (const bad of [
      'skipped=yes',
      'pullRequest=0',
      'pullRequest=x',
      'environment=x',
      'branch=--x',
      'color=red',
    ])
      expect((await get(`${list}?${bad}`)).status).toBe(400);
  }
});

describe('the triggers of an app', () => {
  const patch = (json: object) => request('/api/apps/shop', { method: 'PATCH', token: owner.token, json });
  const shown = async () => App.parse(await (await get('/api/apps/shop')).json());

  test('have defaults, and a change names only some of them', async () => {
    expect((await shown()).triggers).toEqual({
      push: true,
      pullRequests: true,
      branches: 'all',
      tags: null,
      include: [],
      exclude: [],
      forks: 'approve',
    });
    expect((await patch({ triggers: { tags: 'v*', exclude: ['docs/**', '/README.md'] } })).status).toBe(200);
    expect((await patch({ triggers: { forks: 'never' } })).status).toBe(200);
    expect((await shown()).triggers).toMatchObject({
      push: true,
      tags: 'v*',
      exclude: ['docs/**', '/README.md'],
      forks: 'never',
    });
  });

  test.each([
    { forks: 'always' },
    { include: Array.from({ length: 51 }, (_, index) => `${index}/**`) },
    { include: [''] },
    { exclude: ['a\nb'] },
    { tags: '' },
    { branch: 'all' },
  ])('%j is refused', async (triggers) => {
    expect((await patch({ triggers })).status).toBe(400);
  });

  test('an empty pattern is refused for one reason', async () => {
    const { error } = ErrorBody.parse(await (await patch({ triggers: { tags: '' } })).json());
    expect(error.issues).toHaveLength(1);
  });

  test('of a new app can be given with it', async () => {
    const source = { provider: 'git', repoUrl: 'git@git.example:team/Docs.git', depth: 'full' };
    const made = await post('/api/apps', { name: 'Guide', source, triggers: { push: false } });
    expect(App.parse(await made.json())).toMatchObject({
      source: { repoUrl: 'ssh://git@git.example/team/Docs.git', depth: 'full' },
      triggers: { push: false, pullRequests: true },
    });
    const { ownerId } = app;
    expect(await metadata.apps.ofRepository(ownerId, { repoKey: 'git.example/team/docs' })).toHaveLength(1);
  });

  test('a source of another repository forgets the id of the former one, and the same in other words does not', async () => {
    await metadata.apps.update(app.id, { repositoryId: 'github:1' });
    const same = { provider: 'git', repoUrl: 'git@git.example:app' };
    expect((await patch({ source: same })).status).toBe(200);
    expect(await metadata.apps.byId(app.id)).toMatchObject({
      repoKey: 'git.example/app',
      repositoryId: 'github:1',
    });
    const other = { provider: 'git', repoUrl: 'https://git.example/other' };
    expect((await patch({ source: other })).status).toBe(200);
    expect(await metadata.apps.byId(app.id)).toMatchObject({
      repoKey: 'git.example/other',
      repositoryId: null,
    });
    expect((await patch({ source: { provider: 'upload' } })).status).toBe(200);
    expect(await metadata.apps.byId(app.id)).toMatchObject({ repoKey: null, repositoryId: null });
  });
});
