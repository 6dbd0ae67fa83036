import { env } from 'cloudflare:workers';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { metadataOf } from '../../metadata/index.ts';
import type { AppRecord, DeploymentRecord } from '../../metadata/metadata.ts';
import { appRecord, deploymentRecord } from '../../metadata/testing/sample-records.ts';
import { forgetAll } from '../../testing/worker.ts';
import { branchLabel, deploymentLabel } from './labels.ts';
import { forgetSite, type Resolution, resolveSite } from './resolve.ts';

const SITE = { kind: 'static', files: 1, bytes: 1, newFiles: 1, newBytes: 1 } as const;
const HERE = { ...env, PUBLIC_URL: 'https://flux.example.com', SITES_DOMAIN: 'Sites.Example.net:8443' };

let metadata = metadataOf(env);
const made: string[] = [];

beforeEach(async () => {
  await forgetAll();
  metadata = metadataOf(env);
});
afterEach(() => {
  vi.useRealTimers();
  for (const id of made.splice(0)) forgetSite(id);
});

const resolve = (host: string, settings: Partial<typeof env> = {}) =>
  resolveSite(host, { env: { ...HERE, ...settings }, metadata });

async function newApp(members: Partial<AppRecord> = {}): Promise<AppRecord> {
  const app = appRecord({ slug: 'shop', ...members });
  await metadata.apps.insert(app);
  made.push(app.id);
  return app;
}

async function success(app: AppRecord, members: Partial<DeploymentRecord> = {}) {
  const record = deploymentRecord(app, { status: 'success', site: SITE, ...members });
  await metadata.deployments.project(record, 1);
  return record;
}

const deploymentOf = (found: Resolution) => (typeof found === 'string' ? found : found.deploymentId);

test('an app’s host is its release, however it is written', async () => {
  const app = await newApp({
    access: { production: 'team', previews: 'public' },
    rewriteHosts: ['x.example'],
  });
  expect(await resolve('shop.sites.example.net')).toMatchObject({ kind: 'release', deploymentId: null });
  const { id } = await success(app);
  forgetSite(app.id);
  const hosts = ['shop.sites.example.net', 'SHOP.Sites.Example.NET:8443', 'shop.sites.example.net.:80'];
  for (const host of hosts)
    expect(await resolve(host)).toEqual({
      app: {
        id: app.id,
        slug: 'shop',
        ownerId: app.ownerId,
        access: { production: 'team', previews: 'public' },
        spaFallback: null,
        rewriteHosts: ['x.example'],
        serverRevision: null,
        passwordHash: null,
        releasedAt: expect.any(String),
      },
      kind: 'release',
      deploymentId: id,
      previous: null,
      environment: 'production',
      scope: 'production',
      isRemoved: false,
    });
});

test('a server gets the variables and state of what its deployment is', async () => {
  const app = await newApp();
  const preview = await success(app, { environment: 'preview' });
  const fork = await success(app, { environment: 'preview', isUntrusted: true });
  const scope = async ({ id }: DeploymentRecord) => {
    forgetSite(app.id);
    const found = await resolve(`${deploymentLabel(id, app.slug)}.sites.example.net`);
    return typeof found === 'string' ? found : found.scope;
  };
  expect(await scope(preview)).toBe('preview');
  expect(await scope(fork)).toBe(`fork-${fork.id}`);
  await metadata.deployments.markPromoted(fork.id, new Date().toISOString());
  expect(await scope(fork)).toBe('production');
});

test('the release before is named for a day', async () => {
  const app = await newApp();
  const before = await success(app);
  await success(app);
  forgetSite(app.id);
  expect(await resolve('shop.sites.example.net')).toMatchObject({ previous: before.id });
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 24 * 3600 * 1000 });
  expect(await resolve('shop.sites.example.net')).toMatchObject({ previous: null });
});

test('a deployment’s host is that deployment, and none that is written differently', async () => {
  const slug = 'a'.repeat(36).concat('-bc');
  const app = await newApp({ slug });
  const other = await newApp({ slug: 'other' });
  const { id } = await success(app, { environment: 'preview' });
  const label = deploymentLabel(id, slug);
  expect(await resolve(`${label}.sites.example.net`)).toMatchObject({
    kind: 'deployment',
    deploymentId: id,
    environment: 'preview',
    previous: null,
  });
  for (const wrong of [slug, `${slug.slice(0, 35)}`, 'other', other.slug])
    expect(await resolve(`${id}--${wrong}.sites.example.net`)).toBe('unknown');
  await metadata.deployments.markPromoted(id, '2026-11-02T10:00:00.000Z');
  forgetSite(app.id);
  expect(await resolve(`${label}.sites.example.net`)).toMatchObject({ environment: 'production' });
});

test('a deployment that did not succeed has no host', async () => {
  const app = await newApp();
  const { id } = await success(app, { status: 'failed' });
  expect(await resolve(`${deploymentLabel(id, app.slug)}.sites.example.net`)).toBe('unknown');
});

test('a branch’s host is its newest success', async () => {
  const app = await newApp();
  const { id, createdAt } = await success(app, { branch: 'Feature/X', environment: 'preview' });
  const label = branchLabel('Feature/X', 'shop');
  expect(await resolve(`${label}.sites.example.net`)).toBe('unknown');
  await metadata.sites.point({ label, appId: app.id, branch: 'Feature/X', deploymentId: id, createdAt });
  forgetSite(app.id);
  expect(await resolve(`${label}.sites.example.net`)).toMatchObject({
    kind: 'branch',
    deploymentId: id,
    environment: 'preview',
  });
});

test.each([
  ['sites.example.net', 'unknown'],
  ['nobody.sites.example.net', 'unknown'],
  ['a.b.sites.example.net', 'unknown'],
  ['.sites.example.net', 'unknown'],
  [`${'a'.repeat(64)}.sites.example.net`, 'unknown'],
  ['xn--bcher-kva.sites.example.net', 'unknown'],
  ['shop--.sites.example.net', 'unknown'],
  ["'; DROP TABLE apps.sites.example.net", 'unknown'],
  ['flux.example.com', 'foreign'],
  ['FLUX.example.com:443', 'foreign'],
  ['xsites.example.net', 'foreign'],
  ['sites.example.net.evil.com', 'foreign'],
  ['localhost:8787', 'foreign'],
  ['[::1]:8787', 'foreign'],
  ['127.0.0.1', 'foreign'],
  ['', 'foreign'],
])('%s is %s', async (host, expected) => {
  await newApp();
  expect(await resolve(host)).toBe(expected);
});

test.each(['flux.example.com', 'example.com', 'com'])(
  'with sites below %s, where the dashboard is too, there are no sites',
  async (SITES_DOMAIN) => {
    await newApp();
    expect(await resolve(`shop.${SITES_DOMAIN}`, { SITES_DOMAIN })).toBe('foreign');
  },
);

test('metadata is asked once a second, whether there is a site or not', async () => {
  const app = await newApp();
  const asked = vi.spyOn(env.METADATA, 'prepare');
  for (let n = 0; n < 5; n += 1) {
    await resolve('shop.sites.example.net');
    await resolve('nobody.sites.example.net');
  }
  expect(asked).toHaveBeenCalledTimes(2);
  await metadata.apps.release(app.id, {
    deploymentId: app.id,
    at: new Date().toISOString(),
    detectedType: null,
  });
  forgetSite(app.id);
  expect(deploymentOf(await resolve('shop.sites.example.net'))).toBe(app.id);
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 1000 });
  asked.mockClear();
  await resolve('shop.sites.example.net');
  expect(asked).toHaveBeenCalledTimes(1);
  asked.mockRestore();
});

test('what was read before a pointer moved is not remembered after it', async () => {
  const app = await newApp();
  const reading = resolve('shop.sites.example.net');
  forgetSite(app.id);
  await metadata.apps.release(app.id, {
    deploymentId: app.id,
    at: new Date().toISOString(),
    detectedType: null,
  });
  await reading;
  expect(deploymentOf(await resolve('shop.sites.example.net'))).toBe(app.id);
});

test('a custom domain below the domain of sites is another host than the custom domain itself', async () => {
  const app = await newApp();
  const host = 'www.customer.example.org';
  await metadata.domains.insert({
    ...{ appId: app.id, ownerId: app.ownerId, host, status: 'pending', redirectTo: null, error: null },
    ...{ checkedAt: null, nextCheckAt: null, createdAt: new Date().toISOString() },
    ...{ hostnameId: null, hostnameRecords: [], pendingSince: null },
  });
  await metadata.domains.activate(app.id, host, { status: 'active' }, 'lost');
  forgetSite(app.id);
  // Anybody can send such a Host header: what is found out about it must not count for the customer's.
  expect(await resolve(`${host}.sites.example.net`)).toBe('unknown');
  expect(await resolve(host)).toMatchObject({ kind: 'release', app: { id: app.id } });
  expect(await resolve(`${host}.sites.example.net`)).toBe('unknown');
});
