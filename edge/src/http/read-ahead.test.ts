import { env } from 'cloudflare:workers';
import { beforeEach, expect, test, vi } from 'vitest';
import { metadataOf } from '../metadata/index.ts';
import type { Metadata } from '../metadata/metadata.ts';
import { appRecord, deploymentRecord } from '../metadata/testing/sample-records.ts';
import { founder } from '../testing/people.ts';
import { forgetAll, request, signIn } from '../testing/worker.ts';
import { readAhead } from './read-ahead.ts';

beforeEach(forgetAll);

/** Metadata that notes what is read of it. */
function watched(): { metadata: Metadata; reads: string[] } {
  const metadata = metadataOf(env);
  const reads: string[] = [];
  return {
    reads,
    metadata: {
      ...metadata,
      apps: {
        ...metadata.apps,
        bySlug: (slug) => {
          reads.push(slug);
          return metadata.apps.bySlug(slug);
        },
      },
      deployments: {
        ...metadata.deployments,
        byId: (id) => {
          reads.push(id);
          return metadata.deployments.byId(id);
        },
      },
    },
  };
}

test('what a route is about is read once, before it is asked for; later it is read again', async () => {
  const { metadata, reads } = watched();
  const app = appRecord();
  await metadata.apps.insert(app);
  const ahead = readAhead(metadata, { slug: app.slug });
  expect(reads).toEqual([app.slug]);
  expect(await ahead.apps.bySlug(app.slug)).toEqual(app);
  expect(reads).toEqual([app.slug]);
  await ahead.apps.update(app.id, { name: 'Renamed' });
  expect(await ahead.apps.bySlug(app.slug)).toMatchObject({ name: 'Renamed' });
  expect(reads).toEqual([app.slug, app.slug]);
});

test('another app or deployment than that of the route is read when it is asked for', async () => {
  const { metadata, reads } = watched();
  const [one, other] = [appRecord(), appRecord()];
  for (const app of [one, other]) await metadata.apps.insert(app);
  const record = deploymentRecord(other);
  await metadata.deployments.project(record, 1);
  const ahead = readAhead(metadata, { slug: one.slug, deploymentId: 'f'.repeat(24) });
  expect(await ahead.apps.bySlug(other.slug)).toMatchObject({ id: other.id });
  expect(await ahead.deployments.byId(record.id)).toMatchObject({ id: record.id });
  expect(await ahead.deployments.byId('f'.repeat(24))).toBeNull();
  expect(reads).toEqual([one.slug, 'f'.repeat(24), other.slug, record.id]);
});

test('nothing is read for a route about nothing, nor for what can be no slug or id', () => {
  const { metadata, reads } = watched();
  expect(readAhead(metadata, {})).toBe(metadata);
  for (const slug of ['', 'Not a slug', '../x', 'x'.repeat(200)])
    expect(readAhead(metadata, { slug, deploymentId: slug })).toBe(metadata);
  expect(reads).toEqual([]);
});

test('a failure is thrown where it is asked for, and nowhere else', async () => {
  const broken = { ...metadataOf(env) };
  broken.apps = { ...broken.apps, bySlug: () => Promise.reject(new Error('away')) };
  const ahead = readAhead(broken, { slug: 'some-app' });
  await expect(ahead.apps.bySlug('some-app')).rejects.toThrow('away');
  // Nobody asks this one.
  readAhead(broken, { slug: 'some-app' });
  await vi.waitFor(() => undefined);
});

test('an app or deployment of somebody else is not found, though it is read ahead', async () => {
  await signIn();
  const { token } = await founder();
  const { metadata } = watched();
  const app = appRecord();
  await metadata.apps.insert(app);
  const record = deploymentRecord(app);
  await metadata.deployments.project(record, 1);
  for (const path of [
    `/api/apps/${app.slug}`,
    `/api/apps/${app.slug}/deployments`,
    `/api/deployments/${record.id}`,
  ]) {
    expect((await request(path, { token })).status, path).toBe(404);
    expect((await request(path, { token: 'afx_wrong' })).status, path).toBe(401);
    expect((await request(path)).status, path).toBe(401);
  }
});

test('with the caller, it is read as soon as the caller is looked up, and once', async () => {
  const { metadata, reads } = watched();
  const app = appRecord();
  await metadata.apps.insert(app);
  const lookups: ((ahead: Metadata) => Promise<unknown>)[] = [
    (ahead) => ahead.tokens.byHash('api', 'unknown', new Date().toISOString()),
    (ahead) => ahead.members.ofUser('nobody'),
    (ahead) => ahead.users.owner(),
  ];
  for (const lookUp of lookups) {
    reads.length = 0;
    const ahead = readAhead(metadata, { slug: app.slug }, 'with the caller');
    expect(reads).toEqual([]);
    const lookedUp = lookUp(ahead);
    expect(reads).toEqual([app.slug]);
    await lookedUp;
    await lookUp(ahead);
    expect(await ahead.apps.bySlug(app.slug)).toEqual(app);
    expect(reads).toEqual([app.slug]);
  }
  reads.length = 0;
  const ahead = readAhead(metadata, { slug: app.slug }, 'with the caller');
  expect(await ahead.apps.bySlug(app.slug)).toEqual(app);
  await ahead.users.owner();
  expect(reads).toEqual([app.slug]);
});
