import { runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { beforeEach, describe, expect, test } from 'vitest';
import { metadataOf } from '../metadata/index.ts';
import { newObjectId } from '../metadata/object-id.ts';
import { appRecord, deploymentRecord } from '../metadata/testing/sample-records.ts';
import { forgetAll, request } from '../testing/worker.ts';
import { reportFacts } from './facts.ts';
import { reportName } from './object.ts';
import { report, resumeReports } from './report.ts';

beforeEach(forgetAll);

const COMMIT = '1f0e2d3c4b5a69788796a5b4c3d2e1f001234567';
const repoUrl = 'https://git.example.com/ada/site.git';
const source = { provider: 'git', repoUrl, branch: 'main', rootDirectory: './', depth: 1 } as const;
const place = { publicUrl: 'https://appflux.example', annotations: [] };

const app = appRecord({ source, repoKey: 'git.example.com/ada/site' });
const record = (change: Partial<Parameters<typeof reportFacts>[0]> = {}) =>
  deploymentRecord(app, { commitHash: COMMIT, uploadId: null, ...change });
const facts = (change: Parameters<typeof record>[0] = {}) =>
  reportFacts(record(change), 4, { urls: { self: '', logs: '', live: '' } as never }, place);

describe('what is reported', () => {
  test.each([
    [{ status: 'queued' }, 'queued'],
    [{ status: 'queued', approval: { state: 'required', by: null } }, 'approval'],
    [{ status: 'queued', approval: { state: 'approved', by: 'ada' } }, 'queued'],
    [{ status: 'building' }, 'building'],
    [{ status: 'canceling' }, 'building'],
    [{ status: 'success' }, 'success'],
    [{ status: 'failed' }, 'failed'],
    [{ status: 'canceled' }, 'canceled'],
    [{ status: 'canceled', skipped: { reason: 'why' } }, 'skipped'],
  ] satisfies [Parameters<typeof record>[0], string][])('%o is %s', (change, state) => {
    expect(facts(change)?.state).toBe(state);
  });

  test.each([
    ['an upload', { uploadId: newObjectId() }],
    ['a commit that is not known yet', { commitHash: null }],
    ['a shortened commit', { commitHash: '1f0e2d3' }],
  ])('nothing of %s', (_, change) => {
    expect(facts(change)).toBeNull();
  });

  test('a QR code once there is something to open', () => {
    expect(facts({ status: 'building' })?.urls.qr).toBeNull();
    const { id, ...done } = record({ status: 'success' });
    expect(facts({ ...done, id })?.urls.qr).toBe(`https://appflux.example/qr/${id}.svg`);
  });
});

const stored = (repoKey: string) =>
  runInDurableObject(env.REPORTS.getByName(reportName(app.ownerId, repoKey)), (_, { storage }) =>
    storage.sql
      .exec<{ key: string; failure: string | null }>('SELECT key, failure FROM targets ORDER BY n')
      .toArray(),
  );

test('a deployment reaches the object of its app’s repository, and an upload none', async () => {
  const metadata = metadataOf(env);
  await metadata.apps.insert(app);
  const parts = { env, metadata };
  const reported = record();
  await report(parts, reported, 1);
  await report(parts, record({ uploadId: newObjectId() }), 1);
  await report(parts, record({ appId: newObjectId() }), 1);
  expect((await stored('git.example.com/ada/site')).map(({ key }) => key)).toEqual([
    `status:${reported.id}`,
    `deployment:${reported.id}`,
  ]);
  const installation = { ownerId: app.ownerId, host: 'git.example.com', account: 'Ada' };
  await expect(resumeReports(parts, installation)).resolves.toBeUndefined();
});

test('a pull request of the repository that the app had before gets no comment in another one', async () => {
  const metadata = metadataOf(env);
  await metadata.apps.insert(app);
  const of = (path: string) =>
    record({
      pullRequest: {
        number: 7,
        title: 'A page',
        url: `https://git.example.com/${path}/pulls/7`,
        fork: false,
      },
    });
  for (const path of ['ada/other', 'ada/site2', 'x/ada/site']) await report({ env, metadata }, of(path), 1);
  const kinds = async () => (await stored('git.example.com/ada/site')).map(({ key }) => key.split(':')[0]);
  expect(await kinds()).not.toContain('comment');
  await report({ env, metadata }, of('Ada/Site'), 1);
  expect(await kinds()).toContain('comment');
});

test('the QR code of a deployment leads to what it published, and there is none before', async () => {
  const metadata = metadataOf(env);
  await metadata.apps.insert(app);
  const queued = record({ status: 'queued' });
  await metadata.deployments.project(queued, 1);
  for (const path of [`/qr/${queued.id}.svg`, `/qr/${newObjectId()}.svg`, '/qr/x.svg', `/qr/${queued.id}`])
    expect((await request(path)).status, path).toBe(404);
  await metadata.deployments.project({ ...queued, status: 'success' }, 2);
  const response = await request(`/qr/${queued.id}.svg`);
  expect([response.status, response.headers.get('Content-Type')]).toEqual([
    200,
    'image/svg+xml; charset=utf-8',
  ]);
  expect(await response.text()).toContain('<svg');
});
