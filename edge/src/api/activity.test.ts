/** What members see of a team's activity: its audit log without what is for admins, and the ends of deployments. */
import { env } from 'cloudflare:workers';
import { ActivityItem, AUDIT_ACTIONS, type AuditAction, pageOf, type Scope } from '@appflux/protocol';
import { beforeEach, expect, test } from 'vitest';
import { note } from '../audit/note.ts';
import { metadataOf } from '../metadata/index.ts';
import type { AppRecord } from '../metadata/metadata.ts';
import { auditRecord, deploymentRecord } from '../metadata/testing/sample-records.ts';
import { givenApp } from '../publish/testing/published.ts';
import { founder, memberOf, type SignedIn } from '../testing/people.ts';
import { forgetAll, request } from '../testing/worker.ts';

const metadata = metadataOf(env);
const Activity = pageOf(ActivityItem);
let owner: SignedIn;
let app: AppRecord;

beforeEach(async () => {
  await forgetAll();
  owner = await founder({ email: 'owner@team.example' });
  app = await givenApp({ ownerId: owner.user.id });
});

const at = (second: number) => new Date(Date.parse('2026-11-02T12:00:00.000Z') + second * 1000).toISOString();

const pageAs = async (person: SignedIn, query = '') =>
  Activity.parse(await (await request(`/api/activity${query}`, { token: person.token })).json());

async function walk(limit: number) {
  const items: ActivityItem[] = [];
  let cursor = '';
  for (let page = 0; page < 50; page += 1) {
    const { items: more, nextCursor } = await pageAs(owner, `?limit=${limit}${cursor}`);
    expect(more.length).toBeLessThanOrEqual(limit);
    items.push(...more);
    if (nextCursor === null) return items;
    cursor = `&cursor=${nextCursor}`;
  }
  throw new Error('the feed has no end');
}

const entry = (action: string, second: number) =>
  metadata.audit.append(auditRecord({ ownerId: owner.user.id, action, at: at(second) }));
const end = async (status: 'success' | 'failed' | 'canceled', second: number, over = {}) => {
  const record = deploymentRecord(app, { status, finishedAt: at(second), ...over });
  await metadata.deployments.project(record, 1);
  return record;
};

test('entries and ends are merged by their time, page by page, each once', async () => {
  const expected: string[] = [];
  for (let second = 1; second <= 24; second += 1) {
    if (second % 3 === 0) expected.unshift(`deployment.failed ${at(second)}`);
    else if (second % 2 === 0) expected.unshift(`app.update ${at(second)}`);
    if (second % 3 === 0) await end('failed', second);
    else await entry(second % 2 === 0 ? 'app.update' : 'session.sign_in', second);
  }
  for (const limit of [1, 4, 100]) {
    const feed = (await walk(limit)).filter((item) => item.at <= at(24));
    expect(feed.map((item) => `${item.action} ${item.at}`)).toEqual(expected);
  }
});

test('sign-ins in between hide nothing, and move nothing past what is older', async () => {
  await entry('app.create', 1);
  for (let second = 2; second <= 640; second += 1) await entry('session.sign_in', second);
  await end('success', 100);
  const { items, nextCursor } = await pageAs(owner, '?limit=5');
  expect(items.filter((item) => item.at <= at(640))).toEqual([]);
  expect(nextCursor).not.toBeNull();
  const feed = (await walk(5)).filter((item) => item.at <= at(640));
  expect(feed.map(({ action }) => action)).toEqual(['deployment.succeeded', 'app.create']);
});

test('a viewer sees what was done to apps, deployments, members and runners, and nothing that is for admins', async () => {
  const viewer = await memberOf(owner.user.id, 'viewer');
  for (const [index, action] of AUDIT_ACTIONS.entries()) await entry(action, index);
  await entry('moon.land', 900);
  const seen = new Set((await pageAs(viewer, '?limit=100')).items.map(({ action }) => action));
  const hidden =
    /^(?:session|password|recovery|link|token|device|invitation|account|identity|source|webhook_secret|github|notification|maintenance|provenance|team|moon)\./;
  expect([...seen].filter((action) => hidden.test(action))).toEqual([]);
  for (const action of [
    'runner.token',
    'hook.create',
    'hook.revoke',
    'artifact.link',
  ] satisfies AuditAction[])
    expect(seen).not.toContain(action);
  for (const action of [
    'app.create',
    'variable.set',
    'release.set',
    'deployment.cancel',
    'hook.call',
    'member.role',
  ] as const)
    expect(seen).toContain(action);
  expect((await pageAs(viewer, '?limit=100')).items).toEqual((await pageAs(owner, '?limit=100')).items);
});

test('a token sees what its scopes cover: no members, and without apps:read nothing of apps', async () => {
  await entry('app.create', 1);
  await entry('variable.set', 2);
  await entry('member.role', 3);
  await entry('runner.drain', 4);
  await entry('deployment.cancel', 5);
  const seenWith = async (scopes: Scope[]) => {
    const json = { name: 'ci', scopes };
    const made = await request('/api/tokens', { method: 'POST', token: owner.token, json });
    const { token } = await made.json<{ token: string }>();
    const { items } = Activity.parse(await (await request('/api/activity', { token })).json());
    expect(items.map(({ actor }) => actor?.id ?? null)).toEqual(items.map(() => null));
    return items.filter((item) => item.at <= at(5)).map(({ action }) => action);
  };
  expect(await seenWith(['deployments:read'])).toEqual(['deployment.cancel', 'runner.drain']);
  expect(await seenWith(['deployments:read', 'apps:read'])).toEqual([
    'deployment.cancel',
    'runner.drain',
    'variable.set',
    'app.create',
  ]);
});

test('what was done to a deployment comes with the deployment as it is now, until it is deleted', async () => {
  const creator = { kind: 'user' as const, name: 'ada@harbor.example' };
  const over = { number: 7, commitMessage: 'Fix the tides\n\nAt last.', creator };
  const failure = {
    code: 'build_failed' as const,
    message: 'exit 1',
    phase: 'building' as const,
    hint: 'Look',
  };
  const failed = await end('failed', 5, { ...over, failure });
  const gone = await end('canceled', 6);
  const actor = { kind: 'token' as const, id: 'a-token-id', name: 'ci' };
  for (const { id } of [failed, gone])
    await note(metadata, owner.user.id, actor, 'deployment.cancel', {
      kind: 'deployment',
      id,
      name: app.slug,
    });
  await metadata.deployments.delete([gone.id]);
  const { items } = await pageAs(owner);
  const deployment = {
    id: failed.id,
    app: { slug: app.slug, name: app.name },
    number: 7,
    status: 'failed',
    environment: 'production',
    branch: 'main',
    commitMessage: 'Fix the tides',
    uploadName: null,
  };
  const canceled = items.filter(({ action }) => action === 'deployment.cancel');
  expect(canceled.map(({ deployment: shown }) => shown)).toEqual(expect.arrayContaining([null, deployment]));
  expect(canceled.map((item) => item.actor)).toEqual([
    { kind: 'token', id: null, name: 'ci' },
    { kind: 'token', id: null, name: 'ci' },
  ]);
  expect(items.find(({ action }) => action === 'deployment.failed')).toEqual({
    id: failed.id,
    at: at(5),
    actor: { ...creator, id: null },
    action: 'deployment.failed',
    subject: { kind: 'deployment', id: failed.id, name: app.slug },
    deployment,
    reason: 'exit 1',
  });
});

test('another team sees nothing of it, and a cursor of no list is refused', async () => {
  await end('success', 1);
  const stranger = await founder({ email: 'stranger@else.example' });
  expect((await pageAs(stranger)).items.filter(({ deployment }) => deployment !== null)).toEqual([]);
  expect((await request('/api/activity?cursor=nothing', { token: owner.token })).status).toBe(400);
});

test('deployments are listed by who created them, and say which one is current', async () => {
  const ada = { creator: { kind: 'user' as const, name: 'ada@harbor.example' } };
  const older = await end('success', 1, ada);
  const newer = await end('success', 2);
  const list = async (path: string) => {
    const response = await request(path, { token: owner.token });
    const { items } = await response.json<{ items: { id: string; current: boolean }[] }>();
    return items.map(({ id, current }) => [id, current]);
  };
  for (const path of ['/api/deployments', `/api/apps/${app.slug}/deployments`]) {
    expect(await list(path)).toEqual([
      [newer.id, true],
      [older.id, false],
    ]);
    expect(await list(`${path}?creator=ada%40harbor.example`)).toEqual([[older.id, false]]);
    expect(await list(`${path}?creator=grace`)).toEqual([]);
    expect((await request(`${path}?creator=`, { token: owner.token })).status).toBe(400);
  }
});
