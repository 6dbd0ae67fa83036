import { evictDurableObject, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { beforeEach, expect, test } from 'vitest';
import { metadataOf } from '../metadata/index.ts';
import type { AppRecord, DeploymentRecord } from '../metadata/metadata.ts';
import { newObjectId } from '../metadata/object-id.ts';
import { sitesOf } from '../objects/sites.ts';
import { siteManifest } from '../sites/store/manifest.ts';
import { givenSite } from '../sites/testing/published-site.ts';
import { objectsOf } from '../storage/index.ts';
import { siteManifestKey, sitesPrefix } from '../storage/keys.ts';
import { forgetAll, request } from '../testing/worker.ts';
import type { Parts } from './remove.ts';
import { START } from './report.ts';
import { sweepFrom } from './run.ts';
import { appKeeping, NOW, oldDeployment } from './testing/deployments.ts';
import { clearLeftovers } from './testing/remove.ts';

const metadata = metadataOf(env);
const objects = objectsOf(env);
const parts: Parts = { env, metadata, objects };
const NAME = 'site.zip';

beforeEach(forgetAll);

const keysOf = async ({ id }: AppRecord) => (await objects.list(sitesPrefix(id))).keys;

/** An old success that published a site and delivered it as an artifact. */
async function oldSite(
  app: AppRecord,
  files: Record<string, string>,
  base?: string,
): Promise<DeploymentRecord> {
  const id = newObjectId();
  const content = base === undefined ? { files } : { files, base };
  const { site, ...zip } = await givenSite({ appId: app.id, deploymentId: id }, content);
  const artifact = { name: NAME, ...zip, contentType: 'application/zip', meta: { entry: 'index.html' } };
  return oldDeployment(app, { id, site, artifacts: [artifact] });
}

test('a site goes with its deployment’s artifacts; what later ones use of it stays', async () => {
  const app = await appKeeping({ keepLast: 1, days: 30 });
  const first = await oldSite(app, { 'index.html': 'one', 'same.txt': 'the same' });
  const second = await oldSite(app, { 'index.html': 'two' }, first.id);
  const pinned = await oldSite(app, { 'index.html': 'three' }, second.id);
  await metadata.deployments.pin(pinned.id, true);
  const last = await oldSite(app, { 'index.html': 'four' }, pinned.id);
  expect(await keysOf(app)).toHaveLength(8);

  const { failures } = await sweepFrom(parts, { from: START, dryRun: false, now: NOW });

  expect(failures).toEqual([]);
  const keys = await keysOf(app);
  expect(keys.filter((key) => key.includes('/manifests/')).sort()).toEqual(
    [pinned, last].map(({ id }) => siteManifestKey(app.id, id)).sort(),
  );
  // The first pack has a file of both; nothing points to the second one any more.
  expect(keys.filter((key) => key.includes('/packs/'))).toHaveLength(3);
  for (const [{ id }, status] of [
    [first, 410],
    [second, 410],
    [pinned, 200],
    [last, 200],
  ] as const) {
    const answer = await request(`/dl/${id}/${NAME}`);
    await answer.arrayBuffer();
    expect(answer.status).toBe(status);
  }
});

test('a sweep that stopped after the marks goes on', async () => {
  const app = await appKeeping({ keepLast: 0, days: 0 });
  const old = await oldSite(app, { 'index.html': 'one' });
  const at = new Date(NOW).toISOString();
  await metadata.deployments.markRemoved([old.id], 'artifacts', at);
  await sweepFrom(parts, { from: START, dryRun: false, now: NOW });
  expect(await keysOf(app)).toEqual([]);
  const [content] = (await metadata.deployments.withContent(app.id, { limit: 1 })).items;
  if (content !== undefined) await clearLeftovers({ ...content, artifactsRemovedAt: at }, parts);
  expect(await keysOf(app)).toEqual([]);
});

test('a store that has lost its record, as after a restore of the bucket alone, finds what is there', async () => {
  const app = await appKeeping({ keepLast: 5, days: 30 });
  const first = await oldSite(app, { 'index.html': 'one', 'same.txt': 'the same' });
  const second = await oldSite(app, { 'index.html': 'two' }, first.id);
  const third = await oldSite(app, { 'index.html': 'three' });
  const object = env.SITES.getByName(app.id);
  await runInDurableObject(object, (_, { storage }) => storage.deleteAll());
  await evictDurableObject(object);

  await sitesOf(env, app.id).remove(first.id);
  expect(await keysOf(app)).toHaveLength(5);
  expect((await siteManifest(env, { id: second.id, appId: app.id }))?.packs).toHaveLength(2);
  await sitesOf(env, app.id).remove(second.id);
  expect(await keysOf(app)).toHaveLength(2);
  await sitesOf(env, app.id).remove(third.id);
  expect(await keysOf(app)).toEqual([]);
});

test('an app without sites leaves nothing at the store of sites', async () => {
  const app = await appKeeping({ keepLast: 0, days: 0 });
  await oldDeployment(app);
  await sweepFrom(parts, { from: START, dryRun: false, now: NOW });
  const tables = await runInDurableObject(env.SITES.getByName(app.id), (_, { storage }) =>
    storage.sql.exec("SELECT name FROM sqlite_master WHERE name NOT LIKE '\\_cf\\_%' ESCAPE '\\'").toArray(),
  );
  expect(tables).toEqual([]);
});
