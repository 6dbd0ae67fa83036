/** The maintenance switch: builds wait and say why, running ones go on, and nothing is lost. */
import { runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import {
  AuditEntry,
  Deployment,
  InstanceConfig,
  Maintenance,
  pageOf,
  RegisteredRunner,
  type SetMaintenance,
} from '@appflux/protocol';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { maintenanceOf } from '../maintenance/object.ts';
import { forgetNotice } from '../maintenance/shown-notice.ts';
import { founder, memberOf, type SignedIn } from '../testing/people.ts';
import { connectPool } from '../testing/pool.ts';
import { forgetAll, request } from '../testing/worker.ts';

let owner: SignedIn;
let apps = 0;

beforeEach(async () => {
  await forgetAll();
  forgetNotice();
  owner = await founder();
});

afterEach(() => {
  vi.restoreAllMocks();
});

const call = (method: string, path: string, json?: unknown, token = owner.token) =>
  request(path, { method, token, ...(json === undefined ? {} : { json }) });

async function set(body: SetMaintenance, token = env.OPERATOR_SECRET): Promise<Maintenance> {
  const response = await call('PUT', '/api/ops/maintenance', body, token);
  expect(response.status).toBe(200);
  return Maintenance.parse(await response.json());
}

const state = async () =>
  Maintenance.parse(await (await call('GET', '/api/ops/maintenance', undefined, env.OPERATOR_SECRET)).json());

const pool = () => env.POOLS.getByName(owner.user.id);

/** A deployment of an app of its own, in its pool's queue. */
async function deployed(): Promise<string> {
  apps += 1;
  const slug = `app-${apps}`;
  const source = { provider: 'git', repoUrl: 'https://git.example/team/site.git', branch: 'main' };
  expect((await call('POST', '/api/apps', { name: slug, slug, source })).status).toBe(201);
  const response = await call('POST', `/api/apps/${slug}/deployments`, {});
  expect(response.status).toBe(202);
  const { id } = await response.json<{ id: string }>();
  await expect.poll(async () => (await pool().load()).queued + (await pool().load()).running).not.toBe(0);
  return id;
}

const shown = async (id: string) =>
  Deployment.parse(await (await call('GET', `/api/deployments/${id}`)).json());

async function connectedRunner(slots = 4) {
  const { token } = await (await call('POST', '/api/runners/tokens', {})).json<{ token: string }>();
  const body = { token, name: 'box', labels: ['linux'], slots, version: '0.1.0' };
  const response = await request('/api/runners/register', { method: 'POST', json: body });
  const runner = await connectPool(RegisteredRunner.parse(await response.json()).credential);
  runner.hello({ labels: ['linux'], slots });
  await expect.poll(async () => (await pool().online()).length).toBe(1);
  return runner;
}

const ringsAt = () => runInDurableObject(pool(), (_, { storage }) => storage.getAlarm());

test('a new deployment is accepted and waits with the reason, and is built once maintenance is off', async () => {
  const runner = await connectedRunner();
  await set({ on: true, reason: 'Upgrading to 1.4.0' });
  const id = await deployed();
  await expect
    .poll(async () => (await shown(id)).waitingFor)
    .toBe('AppFlux is in maintenance: Upgrading to 1.4.0');
  expect(runner.grants()).toEqual([]);
  expect(await state()).toMatchObject({ on: true, running: 0, queued: 1 });

  // It is checked again by itself, and still held.
  await expect.poll(ringsAt).toEqual(expect.any(Number));
  await runDurableObjectAlarm(pool());
  await expect.poll(ringsAt).toEqual(expect.any(Number));
  expect(runner.grants()).toEqual([]);
  expect(await pool().online()).toMatchObject([{ busy: 0 }]);

  expect(await set({ on: false })).toMatchObject({ on: false, since: null, reason: null });
  await runDurableObjectAlarm(pool());
  await expect.poll(() => runner.grants()).toMatchObject([{ deploymentId: id }]);
  await expect.poll(state).toMatchObject({ on: false, running: 1, queued: 0 });
});

test('a build that runs goes on', async () => {
  const runner = await connectedRunner();
  const id = await deployed();
  await expect.poll(() => runner.grants()).toMatchObject([{ deploymentId: id }]);
  await expect.poll(async () => (await shown(id)).status).toBe('building');
  expect(await set({ on: true })).toMatchObject({ on: true, reason: null, running: 1, queued: 0 });
  // Its runner lost the grant: what was granted before is sent again.
  runner.hello({ labels: ['linux'], slots: 4, running: [] });
  await expect.poll(() => runner.grants().map(({ attempt }) => attempt)).toEqual([1, 1]);
  expect(await shown(id)).toMatchObject({ status: 'building', attempt: 1 });
});

test('jobs are held while it is not known whether the instance is in maintenance', async () => {
  vi.spyOn(console, 'error').mockReturnValue();
  const runner = await connectedRunner();
  await runInDurableObject(pool(), (instance) => {
    const silent = { notice: () => Promise.reject(new Error('the object does not answer')) };
    Object.assign(instance, { env: { ...env, MAINTENANCE: { getByName: () => silent } } });
  });
  const id = await deployed();
  await expect.poll(ringsAt).toEqual(expect.any(Number));
  expect(runner.grants()).toEqual([]);
  expect((await shown(id)).status).toBe('queued');
  await runInDurableObject(pool(), (instance) => {
    Object.assign(instance, { env });
  });
  await runDurableObjectAlarm(pool());
  await expect.poll(() => runner.grants()).toMatchObject([{ deploymentId: id }]);
});

test('the owner of the instance may turn it on, and no other member or token', async () => {
  const admin = await memberOf(owner.user.id, 'admin');
  const refused = await call('PUT', '/api/ops/maintenance', { on: true }, admin.token);
  expect(refused.status).toBe(403);
  expect(await state()).toMatchObject({ on: false });
  expect(await set({ on: true }, owner.token)).toMatchObject({ on: true });
});

test('a second reason replaces the first, and it stays the same maintenance', async () => {
  const { since } = await set({ on: true, reason: 'Disk is being replaced' });
  expect(since).toEqual(expect.any(String));
  expect(await set({ on: true, reason: 'Almost done' })).toMatchObject({ since, reason: 'Almost done' });
  expect(await set({ on: false })).toMatchObject({ on: false, since: null, reason: null });
});

test.each([
  {},
  { on: 'yes' },
  { on: true, reason: '' },
  { on: true, reason: 'x'.repeat(301) },
  { on: true, until: 'tomorrow' },
])('%j is refused', async (body) => {
  expect((await call('PUT', '/api/ops/maintenance', body, env.OPERATOR_SECRET)).status).toBe(400);
  expect(await state()).toMatchObject({ on: false });
});

test('everyone sees the notice, before they sign in', async () => {
  const config = async () => InstanceConfig.parse(await (await request('/api/config')).json());
  expect((await config()).maintenance).toBeNull();
  const { since } = await set({ on: true, reason: 'Disk is being replaced' });
  expect((await config()).maintenance).toEqual({ since, reason: 'Disk is being replaced' });
  await set({ on: false });
  expect((await config()).maintenance).toBeNull();
});

test('an isolate that did not change it shows it a second later', async () => {
  const shown = async () => (await (await request('/api/config')).json<InstanceConfig>()).maintenance;
  let now = Date.now();
  vi.spyOn(Date, 'now').mockImplementation(() => now);
  expect(await shown()).toBeNull();
  await maintenanceOf(env).set({ on: true }, '2026-11-30T08:00:00.000Z');
  now += 999;
  expect(await shown()).toBeNull();
  now += 1;
  expect(await shown()).toMatchObject({ since: '2026-11-30T08:00:00.000Z' });
  // A clock that was set back shows it as it is.
  await maintenanceOf(env).set({ on: false }, '2026-11-30T08:00:00.000Z');
  now -= 60_000;
  expect(await shown()).toBeNull();
});

test('it is in the metrics and in the audit log of the instance owner’s team', async () => {
  const metrics = async () => (await call('GET', '/api/ops/metrics', undefined, env.OPERATOR_SECRET)).text();
  expect(await metrics()).toContain('\nappflux_maintenance 0\n');
  await set({ on: true }, owner.token);
  await set({ on: false });
  await set({ on: true });
  expect(await metrics()).toContain('\nappflux_maintenance 1\n');
  const { items } = pageOf(AuditEntry).parse(await (await call('GET', '/api/audit')).json());
  const lines = items.filter(({ action }) => action.startsWith('maintenance.'));
  expect(lines.map(({ action, actor }) => [action, actor.kind])).toEqual([
    ['maintenance.on', 'operator'],
    ['maintenance.off', 'operator'],
    ['maintenance.on', 'user'],
  ]);
});
