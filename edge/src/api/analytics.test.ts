import { env } from 'cloudflare:workers';
import { Analytics, DeploymentDownloads } from '@appflux/protocol';
import { beforeAll, describe, expect, test } from 'vitest';
import { dayOf } from '../metadata/day.ts';
import { metadataOf } from '../metadata/index.ts';
import type { AppRecord, DeploymentRecord } from '../metadata/metadata.ts';
import { newObjectId } from '../metadata/object-id.ts';
import { appRecord, deploymentRecord } from '../metadata/testing/sample-records.ts';
import { founder, memberOf, type SignedIn } from '../testing/people.ts';
import { forgetAll, request } from '../testing/worker.ts';

const metadata = metadataOf(env);
const DAY_MS = 86_400_000;
const now = Date.now();

let owner: SignedIn;
let app: AppRecord;
let deployment: DeploymentRecord;

/** A deployment that ended so many days ago. */
async function ended(of: AppRecord, daysAgo: number, members: Partial<DeploymentRecord> = {}) {
  const finished = now - daysAgo * DAY_MS;
  const record = deploymentRecord(of, {
    status: 'success',
    createdAt: new Date(finished - 30_000).toISOString(),
    startedAt: new Date(finished - 25_000).toISOString(),
    finishedAt: new Date(finished).toISOString(),
    durationSeconds: 25,
    ...members,
  });
  await metadata.deployments.project(record, 1);
  return record;
}

beforeAll(async () => {
  await forgetAll();
  owner = await founder();
  app = appRecord({ ownerId: owner.user.id, name: 'Shop', slug: 'shop' });
  const other = appRecord({ ownerId: owner.user.id, name: 'Other', slug: 'other' });
  for (const one of [app, other]) await metadata.apps.insert(one);
  deployment = await ended(app, 0);
  await ended(app, 0, { status: 'failed' });
  await ended(app, 6, { status: 'canceled', startedAt: null, durationSeconds: null });
  await ended(other, 6, { durationSeconds: 99 });
  await ended(other, 7);
  await metadata.downloads.add(newObjectId(), [
    { appId: app.id, deploymentId: deployment.id, artifact: 'app.apk', day: dayOf(now), count: 3 },
  ]);
});

const get = (query: string, { token } = owner) => request(`/api/analytics${query}`, { token });
const analytics = async (query: string, who = owner) => Analytics.parse(await (await get(query, who)).json());

describe('analytics', () => {
  test('have every day, also those on which nothing was', async () => {
    const { days, from, to, builds, downloads, topBuilds, topDownloads } = await analytics('?days=7');
    expect([days.length, days[0]?.day, days[6]?.day]).toEqual([7, from, to]);
    expect(days.map(({ success, failed, canceled }) => [success, failed, canceled])).toEqual([
      [1, 0, 1],
      ...Array.from({ length: 5 }, () => [0, 0, 0]),
      [1, 1, 0],
    ]);
    expect(builds).toEqual({
      success: 2,
      failed: 1,
      canceled: 1,
      successRate: 2 / 3,
      durationSeconds: { p50: 25, p95: 99 },
      waitingSeconds: { p50: 5, p95: 5 },
    });
    expect([downloads, days[6]?.downloads]).toEqual([3, 3]);
    const named = { slug: 'shop', name: 'Shop' };
    expect(topBuilds[0]).toEqual({ app: named, success: 1, failed: 1, canceled: 1 });
    expect(topDownloads).toEqual([{ app: named, downloads: 3 }]);
  });

  test('are of thirty days, unless one says how many', async () => {
    expect((await analytics('')).days).toHaveLength(30);
    expect((await analytics('?days=365')).days).toHaveLength(365);
    expect((await analytics('?days=1')).builds).toMatchObject({ success: 1, failed: 1, canceled: 0 });
  });

  test('are of one app when it is named', async () => {
    const { app: of, builds, topBuilds } = await analytics('?days=7&app=other');
    expect(of).toEqual({ slug: 'other', name: 'Other' });
    expect([builds.success, builds.failed, topBuilds.length]).toEqual([1, 0, 1]);
  });

  test('of a team in which nothing was have no rate and no durations', async () => {
    const { builds } = await analytics('', await founder());
    expect(builds).toMatchObject({ successRate: null, durationSeconds: null, waitingSeconds: null });
  });

  test('are for viewers too, and for nobody of another team', async () => {
    const viewer = await memberOf(owner.user.id, 'viewer');
    expect((await analytics('?days=7', viewer)).builds.success).toBe(2);
    const stranger = await founder();
    expect((await analytics('?days=7', stranger)).builds.success).toBe(0);
    expect((await get('?app=shop', stranger)).status).toBe(404);
    const { token } = stranger;
    expect((await request(`/api/deployments/${deployment.id}/downloads`, { token })).status).toBe(404);
  });

  test.each([
    'days=0',
    'days=366',
    'days=1.5',
    'days=-1',
    'days=NaN',
    'days[$gt]=1',
    'app=No%20slug',
    'from=2026',
  ])('of an invalid range are refused: %s', async (query) => {
    expect((await get(`?${query}`)).status).toBe(400);
  });
});

test('downloads of a deployment are listed per artifact', async () => {
  const { token } = owner;
  const response = await request(`/api/deployments/${deployment.id}/downloads`, { token });
  expect(DeploymentDownloads.parse(await response.json())).toEqual({
    items: [{ name: 'app.apk', downloads: 3 }],
    total: 3,
  });
});
