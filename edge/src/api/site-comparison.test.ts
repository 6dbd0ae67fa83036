import { env } from 'cloudflare:workers';
import type { SiteComparison } from '@appflux/protocol';
import { beforeAll, expect, test } from 'vitest';
import { metadataOf } from '../metadata/index.ts';
import type { AppRecord } from '../metadata/metadata.ts';
import { deploymentRecord } from '../metadata/testing/sample-records.ts';
import { newApp, publish } from '../sites/serve/testing/publish.ts';
import { request, signIn } from '../testing/worker.ts';

const metadata = metadataOf(env);

let token: string;
let app: AppRecord;

beforeAll(async () => {
  token = (await signIn()).access_token;
  const { teamId } = (await (await request('/api/me', { token })).json()) as { teamId: string };
  app = await newApp({ slug: 'compared', ownerId: teamId });
});

const compare = (id: string, before: string) =>
  request(`/api/deployments/${id}/site/comparison?with=${before}`, { token });
const code = async (response: Response) =>
  [response.status, ((await response.json()) as { error: { code: string } }).error.code] as const;

test('two sites are compared file by file', async () => {
  const before = await publish(app, { 'index.html': 'one', 'app-DiwrgTda.js': 'x', 'same.txt': 'same' });
  const after = await publish(app, { 'index.html': 'three', 'app-CkZq81Ws.js': 'xyz', 'same.txt': 'same' });
  const response = await compare(after.id, before.id);
  expect(response.status).toBe(200);
  expect(await response.json<SiteComparison>()).toEqual({
    before: { files: 3, bytes: 8 },
    after: { files: 3, bytes: 12 },
    added: 0,
    removed: 0,
    changed: 2,
    unchanged: 1,
    files: [
      { path: 'app-CkZq81Ws.js', renamedFrom: 'app-DiwrgTda.js', before: 1, after: 3 },
      { path: 'index.html', before: 3, after: 5 },
    ],
  });
});

test('without a site, or without its files, there is nothing to compare', async () => {
  const site = await publish(app, { 'index.html': 'one' });
  const none = deploymentRecord(app, { status: 'success' });
  await metadata.deployments.project(none, 1);
  expect(await code(await compare(site.id, none.id))).toEqual([404, 'not_found']);
  const removed = await publish(app, { 'index.html': 'x' });
  await metadata.deployments.markRemoved([removed.id], 'artifacts', '2026-01-01T00:00:00.000Z');
  expect(await code(await compare(removed.id, site.id))).toEqual([410, 'artifacts_removed']);
});

test('the site of another team is not found', async () => {
  const site = await publish(app, { 'index.html': 'one' });
  const foreign = await publish(await newApp({ slug: 'foreign' }), { 'secret.html': 'x' });
  for (const [id, before] of [
    [site.id, foreign.id],
    [foreign.id, site.id],
  ] as const) {
    expect(await code(await compare(id, before))).toEqual([404, 'not_found']);
  }
});
