import {
  createExecutionContext,
  createMessageBatch,
  createScheduledController,
  waitOnExecutionContext,
} from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { Overview } from '@appflux/protocol';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { sweep } from '../cron/sweep.ts';
import type { Env } from '../env.ts';
import { metadataOf } from '../metadata/index.ts';
import { appRecord, deploymentRecord, runnerRecord } from '../metadata/testing/sample-records.ts';
import { deadLettersOf } from '../objects/dead-letters.ts';
import { poolOf } from '../pools/team-pool.ts';
import type { QueueMessage } from '../queue-messages.ts';
import { consume } from '../queues/consume.ts';
import { recentErrors } from '../recent-errors.ts';
import { givenRunner } from '../testing/attempt.ts';
import { founder } from '../testing/people.ts';
import { connectPool } from '../testing/pool.ts';
import { forgetAll, request, requestWith, signIn } from '../testing/worker.ts';

beforeEach(async () => {
  await forgetAll();
  recentErrors.take();
  for (const method of ['log', 'error'] as const)
    vi.spyOn(console, method).mockImplementation(() => undefined);
});
afterEach(() => {
  vi.restoreAllMocks();
});

async function read(variables: Partial<Env> = {}): Promise<Overview> {
  const response = await requestWith(variables, '/api/ops/overview', { token: env.OPERATOR_SECRET });
  expect(response.status).toBe(200);
  return Overview.parse(await response.json());
}

const levels = ({ health }: Overview) => Object.fromEntries(health.map(({ part, level }) => [part, level]));

test('an empty instance has every section, and nothing is stuck', async () => {
  const overview = await read();
  expect(levels(overview)).toMatchObject({
    metadata: 'ok',
    storage: 'ok',
    queue: 'ok',
    objects: 'ok',
    cron: 'unknown',
    runners: 'warn',
    certificates: 'off',
    mail: 'off',
    backup: 'warn',
  });
  expect(overview).toMatchObject({
    unended: { queued: 0, building: 0, canceling: 0 },
    stuck: { items: [], isCut: false },
    disks: [],
    storage: { use: null },
    versions: { runners: [], node: null },
    errors: [],
    failures: [],
  });
});

test('what is stuck, failed and outdated is there', async () => {
  const { user } = await founder();
  const metadata = metadataOf(env);
  const app = appRecord({ ownerId: user.id });
  await metadata.apps.insert(app);
  const now = Date.now();
  const at = (ago: number) => new Date(now - ago).toISOString();
  const failure = { code: 'build_failed' as const, message: 'm', phase: null, hint: 'h' };
  const queued = deploymentRecord(app, { status: 'queued', createdAt: at(600_000) });
  for (const record of [
    queued,
    deploymentRecord(app, { status: 'failed', failure, createdAt: at(60_000), finishedAt: at(1_000) }),
  ])
    await metadata.deployments.project(record, 1);
  await metadata.runners.insert(runnerRecord({ ownerId: user.id, version: '0.0.1' }));
  await deadLettersOf(env).add({ kind: 'offer', deploymentId: queued.id }, at(900_000));

  const overview = await read();
  expect(overview.unended).toEqual({ queued: 1, building: 0, canceling: 0 });
  // Nobody offered it to the pool.
  expect(overview.stuck.items.map(({ kind, deploymentId }) => [kind, deploymentId])).toEqual([
    ['dead_letters', null],
    ['queued_lost', queued.id],
  ]);
  expect(overview.failures).toEqual([
    expect.objectContaining({ code: 'build_failed', count: 1, app: app.slug }),
  ]);
  expect(overview.versions?.runners).toEqual([
    expect.objectContaining({ version: '0.0.1', isOlder: true, isOnline: false, teamId: user.id }),
  ]);
  expect(levels(overview).runners).toBe('down');
});

test('a job that no runner can build is stuck, unless the instance is in maintenance', async () => {
  const { user } = await founder();
  const metadata = metadataOf(env);
  const app = appRecord({ ownerId: user.id });
  await metadata.apps.insert(app);
  const createdAt = Date.now() - 600_000;
  const queued = deploymentRecord(app, { status: 'queued', createdAt: new Date(createdAt).toISOString() });
  await metadata.deployments.project(queued, 1);
  await poolOf(env, user.id).offer({
    deploymentId: queued.id,
    appId: app.id,
    branch: 'main',
    environment: 'production',
    labels: [],
    concurrency: 1,
    createdAt,
    supersede: false,
  });
  const kinds = async () => (await read()).stuck.items.map(({ kind }) => kind);
  expect(await kinds()).toEqual(['queued_without_runner']);
  const change = (on: boolean) =>
    request('/api/ops/maintenance', { method: 'PUT', token: env.OPERATOR_SECRET, json: { on } });
  await change(true);
  expect(await kinds()).toEqual([]);
  await change(false);
  expect(await kinds()).toEqual(['queued_without_runner']);
});

test('a connected runner’s disk and versions are there, and gone with it', async () => {
  const { user, token } = await founder();
  const { id, credential } = await givenRunner(user.id);
  const runner = await connectPool(credential);
  const machine = {
    node: 'v24.0.0',
    docker: '27.0.0',
    images: [{ name: 'web', createdAt: '2026-11-29T11:39:34.000Z' }],
  };
  runner.send({ type: 'machine', ...machine });
  runner.send({ type: 'disk', totalBytes: 50e9, freeBytes: 1e9, minFreeBytes: 2e9, low: true });
  runner.hello({});
  const versions = async () => (await read()).versions?.runners;
  await expect.poll(versions).toMatchObject([{ id, isOnline: true, machine }]);
  const { disks, health } = await read();
  expect(disks).toMatchObject([{ what: 'runner', totalBytes: 50e9, freeBytes: 1e9 }]);
  expect(health.find(({ part }) => part === 'disk')).toMatchObject({
    level: 'down',
    summary: expect.stringContaining('takes no builds'),
  });
  runner.close();
  await expect.poll(versions).toMatchObject([{ id, isOnline: false, machine }]);
  await request(`/api/runners/${id}`, { method: 'DELETE', token });
  expect(await versions()).toEqual([]);
  expect((await poolOf(env, user.id).overview([])).machines).toEqual([]);
});

const BROKEN_QUEUE = {
  DEPLOY_QUEUE: { metrics: () => Promise.reject(new Error('no route to 10.0.0.1')) } as unknown as Queue,
};

test('errors of requests are grouped by their route, with the id that the caller got', async () => {
  const BROKEN = {
    METADATA: {
      prepare: () => {
        throw new TypeError(`no column "x" in 66f2a1c04b7e9d0012345678`);
      },
    } as unknown as D1Database,
  };
  const { token } = await founder();
  const ids: (string | null)[] = [];
  for (const slug of ['one', 'two']) {
    const response = await requestWith(BROKEN, `/api/apps/${slug}`, { token });
    expect(response.status).toBeGreaterThanOrEqual(500);
    ids.push(response.headers.get('X-Request-Id'));
  }
  const { errors } = await read();
  expect(errors).toEqual([expect.objectContaining({ source: 'GET /api/apps/:slug', count: 2 })]);
  expect(errors?.[0]?.sample.requestId).toBe(ids[1]);
  expect(errors?.[0]?.message).toContain('<text> in <id>');
  expect(JSON.stringify(errors)).not.toContain(token);
});

test('a request that was refused for what it asks is no error', async () => {
  const { token } = await founder();
  const response = await request('/api/apps/no-such-app', { token });
  expect(response.headers.get('X-Request-Id')).toBeNull();
  expect((await read()).errors).toEqual([]);
});

test('errors of queues and of the cron are there with their source', async () => {
  const message = { kind: 'offer', deploymentId: 'not an id' } as const;
  const broken = {
    ...env,
    DEPLOYMENTS: {
      getByName: () => {
        throw new Error('boom');
      },
    } as unknown as Env['DEPLOYMENTS'],
  };
  const batch = createMessageBatch<QueueMessage>('deploy-queue', [
    { id: 'm1', timestamp: new Date(), attempts: 1, body: message },
  ]);
  await consume(batch, broken);
  const failing = { ...env, METADATA: BROKEN_D1 };
  await expect(sweep(createScheduledController({ scheduledTime: new Date() }), failing)).rejects.toThrow();
  const { errors, health } = await read();
  expect(new Set(errors?.map(({ source }) => source))).toEqual(new Set(['queue deploy-queue', 'cron']));
  expect(health.find(({ part }) => part === 'cron')).toMatchObject({ level: 'warn' });
});

const BROKEN_D1 = {
  prepare: () => {
    throw new Error('the database is away');
  },
} as unknown as D1Database;

test('the cron takes one sample a day, and notes that it ran', async () => {
  const run = async () => sweep(createScheduledController({ scheduledTime: new Date() }), env);
  await run();
  await run();
  const overview = await read();
  expect(levels(overview).cron).toBe('ok');
  expect(overview.storage?.use).toMatchObject({
    complete: true,
    growth: { kind: 'too_few_samples', samples: 1 },
  });
});

test('what can’t be read is null or unknown, and everything else is there', async () => {
  const overview = await read({ ...BROKEN_QUEUE, MACHINE_STATUS_URL: 'http://127.0.0.1:1/' });
  expect(levels(overview)).toMatchObject({ queue: 'down', disk: 'unknown', metadata: 'ok' });
  expect(overview.disks).toBeNull();
  expect(overview.versions?.controlPlane).toMatch(/^\d+\.\d+\.\d+$/);
});

test('the owner of the instance reads it, and no other owner', async () => {
  const owner = await signIn();
  const other = await founder({ email: 'other@example.com' });
  expect((await request('/api/ops/overview', { token: owner.access_token })).status).toBe(200);
  expect((await request('/api/ops/overview', { token: other.token })).status).toBe(403);
  expect((await request('/api/ops/overview')).status).toBe(401);
});

test('background work of a request never fails it', async () => {
  const context = createExecutionContext();
  const { api } = await import('./index.ts');
  const broken = {
    ...env,
    ...BROKEN_QUEUE,
    OPERATIONS: {
      getByName: () => {
        throw new Error('away');
      },
    } as unknown as Env['OPERATIONS'],
  };
  const response = await api.fetch(new Request(`${env.PUBLIC_URL}/api/health`), broken, context);
  await waitOnExecutionContext(context);
  expect(response.status).toBe(503);
  expect(recentErrors.isEmpty).toBe(false);
});
