import { env } from 'cloudflare:workers';
import { ActiveApp, pageOf, TeamOverview } from '@appflux/protocol';
import { beforeEach, expect, test } from 'vitest';
import { metadataOf } from '../metadata/index.ts';
import { newObjectId } from '../metadata/object-id.ts';
import {
  appRecord,
  deploymentRecord,
  runnerRecord,
  tokenRecord,
} from '../metadata/testing/sample-records.ts';
import { founder, memberOf, type SignedIn } from '../testing/people.ts';
import { forgetAll, request } from '../testing/worker.ts';

const metadata = metadataOf(env);
let owner: SignedIn;

beforeEach(async () => {
  await forgetAll();
  owner = await founder();
});

async function overviewFor(token: string): Promise<TeamOverview> {
  const response = await request('/api/overview', { token });
  expect(response.status).toBe(200);
  return TeamOverview.parse(await response.json());
}

async function activeApps(token: string): Promise<ActiveApp[]> {
  const response = await request('/api/apps?include=activity', { token });
  expect(response.status).toBe(200);
  return pageOf(ActiveApp).parse(await response.json()).items;
}

async function addApp(name: string, ownerId = owner.user.id) {
  const app = appRecord({ ownerId, name, slug: name.toLowerCase() });
  await metadata.apps.insert(app);
  return app;
}

const hoursAgo = (hours: number) => new Date(Date.now() - hours * 3_600_000).toISOString();

test('a new team has nothing, and needs a runner', async () => {
  const { apps, running, failures, runners, storage, attention } = await overviewFor(owner.token);
  expect({ apps, running, failures, runners, attention }).toEqual({
    apps: [],
    running: [],
    failures: [],
    runners: [],
    attention: [{ kind: 'no_runner', registered: 0 }],
  });
  // The first who is there owns the instance.
  expect(storage).toEqual({ use: null, disk: null });
});

test('what runs, failed and waits is there, and nothing of another team', async () => {
  const stranger = await founder();
  const [shop, docs] = [await addApp('Shop'), await addApp('Docs')];
  const elsewhere = await addApp('Elsewhere', stranger.user.id);
  const failure = { code: 'build_failed' as const, message: 'm', phase: null, hint: 'h' };
  const records = {
    failed: deploymentRecord(shop, { status: 'failed', failure, createdAt: hoursAgo(5) }),
    older: deploymentRecord(shop, { status: 'failed', failure, createdAt: hoursAgo(6) }),
    broken: deploymentRecord(docs, { status: 'failed', failure, createdAt: hoursAgo(7) }),
    success: deploymentRecord(shop, { status: 'success', createdAt: hoursAgo(4), durationSeconds: 31 }),
    building: deploymentRecord(shop, { status: 'building', createdAt: hoursAgo(0.1) }),
    held: deploymentRecord(docs, {
      approval: { state: 'required', by: null },
      commitMessage: 'Add a page\n\nWith much text.',
      createdAt: hoursAgo(1),
    }),
    theirs: deploymentRecord(elsewhere, { status: 'building' }),
  };
  for (const record of Object.values(records)) await metadata.deployments.project(record, 1);
  await metadata.domains.insert({
    host: 'www.example.com',
    appId: docs.id,
    ownerId: owner.user.id,
    redirectTo: null,
    status: 'failed',
    error: 'No record found.',
    hostnameId: null,
    hostnameRecords: [],
    pendingSince: null,
    checkedAt: null,
    nextCheckAt: null,
    createdAt: hoursAgo(100),
  });
  await metadata.runners.insert(runnerRecord({ ownerId: stranger.user.id }));

  const overview = await overviewFor(owner.token);
  expect(overview.running.map(({ id }) => id)).toEqual([records.building.id, records.held.id]);
  expect(overview.failures.map(({ deployment, hasRecovered }) => [deployment.id, hasRecovered])).toEqual([
    [records.broken.id, false],
    [records.failed.id, true],
  ]);
  expect(overview.apps.map(({ slug }) => slug)).toEqual(['shop', 'docs']);
  expect(overview.runners).toEqual([]);
  expect(overview.attention).toEqual([
    { kind: 'no_runner', registered: 0 },
    {
      kind: 'approval',
      app: { slug: 'docs', name: 'Docs' },
      deploymentId: records.held.id,
      number: 1,
      title: 'Add a page',
      since: records.held.createdAt,
    },
    {
      kind: 'domain',
      app: { slug: 'docs', name: 'Docs' },
      host: 'www.example.com',
      status: 'failed',
      error: 'No record found.',
    },
  ]);
  const theirs = await overviewFor(stranger.token);
  expect(theirs.running.map(({ id }) => id)).toEqual([records.theirs.id]);
  expect(theirs.failures).toEqual([]);
  // The measurements are of the whole instance, which is not theirs.
  expect(theirs.storage).toBeNull();
});

test('a queued deployment says why it waits', async () => {
  await addApp('Shop');
  const path = '/api/apps/shop/deployments';
  const created = await request(path, { method: 'POST', token: owner.token, json: {} });
  expect(created.status).toBe(202);
  await expect
    .poll(async () => (await overviewFor(owner.token)).running.map(({ waitingFor }) => waitingFor))
    .toEqual(['No runner is online']);
});

test('the list of apps has what happened to each when asked for it, and only then', async () => {
  const shop = await addApp('Shop');
  await addApp('Docs');
  const success = deploymentRecord(shop, {
    status: 'success',
    number: 7,
    startedAt: hoursAgo(1),
    finishedAt: hoursAgo(1),
    durationSeconds: 12.5,
  });
  await metadata.deployments.project(success, 1);
  const [docs, listed] = await activeApps(owner.token);
  expect(docs?.activity).toEqual({ latest: null, builds: [], isFavourite: false });
  expect(listed?.activity.latest).toMatchObject({ id: success.id, number: 7, status: 'success' });
  expect(listed?.activity.builds).toEqual([
    { id: success.id, number: 7, status: 'success', durationSeconds: 12.5, createdAt: success.createdAt },
  ]);
  const plain = await (await request('/api/apps', { token: owner.token })).json<{ items: object[] }>();
  expect(plain.items.every((item) => !('activity' in item))).toBe(true);
  expect((await request('/api/apps?include=everything', { token: owner.token })).status).toBe(400);
});

test('favourites are personal, come first, and end with the membership', async () => {
  const viewer = await memberOf(owner.user.id, 'viewer');
  const shop = await addApp('Shop');
  const docs = await addApp('Docs');
  await metadata.deployments.project(deploymentRecord(docs, { status: 'success' }), 1);
  const mark = (method: 'PUT' | 'DELETE', token: string, slug = 'shop') =>
    request(`/api/apps/${slug}/favourite`, { method, token });

  expect((await mark('PUT', viewer.token)).status).toBe(204);
  expect((await mark('PUT', viewer.token)).status).toBe(204);
  const marked = async (token: string) =>
    (await activeApps(token)).filter(({ activity }) => activity.isFavourite).map(({ slug }) => slug);
  expect(await marked(viewer.token)).toEqual(['shop']);
  expect(await marked(owner.token)).toEqual([]);
  expect((await overviewFor(viewer.token)).apps.map(({ slug }) => slug)).toEqual(['shop', 'docs']);
  expect((await overviewFor(owner.token)).apps.map(({ slug }) => slug)).toEqual(['docs', 'shop']);

  const stranger = await founder();
  expect((await mark('PUT', stranger.token)).status).toBe(404);
  expect((await mark('PUT', viewer.token, 'no-such-app')).status).toBe(404);
  expect((await mark('DELETE', owner.token)).status).toBe(204);
  expect(await marked(viewer.token)).toEqual(['shop']);

  const removal = await request(`/api/members/${viewer.user.id}`, { method: 'DELETE', token: owner.token });
  expect(removal.status).toBe(204);
  expect(await metadata.appLists.favourites(viewer.user.id, shop.ownerId)).toEqual([]);
});

test('a token has no favourites, and needs to read deployments to see them', async () => {
  await addApp('Shop');
  const create = async (scopes: string[]) => {
    const json = { name: 'CI', scopes };
    const response = await request('/api/tokens', { method: 'POST', token: owner.token, json });
    return (await response.json<{ token: string }>()).token;
  };
  const both = await create(['apps:read', 'deployments:read']);
  expect((await request('/api/apps/shop/favourite', { method: 'PUT', token: both })).status).toBe(422);
  expect((await activeApps(both))[0]?.activity.isFavourite).toBe(false);
  expect((await request('/api/overview', { token: both })).status).toBe(200);
  const apps = await create(['apps:read']);
  expect((await request('/api/apps', { token: apps })).status).toBe(200);
  expect((await request('/api/apps?include=activity', { token: apps })).status).toBe(403);
  const deployments = await create(['deployments:read']);
  expect((await request('/api/overview', { token: deployments })).status).toBe(403);
});

test('an expiring token is shown to who may see it', async () => {
  const ownerId = owner.user.id;
  const developer = await memberOf(ownerId, 'developer');
  const viewer = await memberOf(ownerId, 'viewer');
  const expiresAt = new Date(Date.now() + 86_400_000).toISOString();
  const common = { ownerId, kind: 'api', expiresAt } as const;
  await metadata.tokens.insert(tokenRecord({ ...common, id: newObjectId(), name: 'CI', createdBy: ownerId }));
  await metadata.tokens.insert(
    tokenRecord({ ...common, id: newObjectId(), name: 'Mine', createdBy: developer.user.id }),
  );
  const names = async (token: string) =>
    (await overviewFor(token)).attention.flatMap((item) => (item.kind === 'token' ? [item.name] : [])).sort();
  expect(await names(owner.token)).toEqual(['CI', 'Mine']);
  expect(await names(developer.token)).toEqual(['Mine']);
  expect(await names(viewer.token)).toEqual([]);
});
