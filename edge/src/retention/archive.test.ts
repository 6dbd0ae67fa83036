/** Old deployments go into the archive with a sweep, and nobody who asks for them notices. */
import { runDurableObjectAlarm } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { Deployment, type KeepRule, pageOf } from '@appflux/protocol';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Budget } from '../limits/budget.ts';
import { readEndedFile, writeEndedFile } from '../metadata/archive/ended-file.ts';
import { metadataOf } from '../metadata/index.ts';
import type { AppRecord } from '../metadata/metadata.ts';
import { deploymentRecord } from '../metadata/testing/sample-records.ts';
import { deploymentOf } from '../objects/deployments.ts';
import { objectsOf } from '../storage/index.ts';
import { endedDeploymentKey } from '../storage/keys.ts';
import { forgetAll, request, signIn } from '../testing/worker.ts';
import { sweepApp } from './app.ts';
import { archiveApp, archiveBefore } from './archive.ts';

const metadata = metadataOf(env);
const objects = objectsOf(env);
const DAY_MS = 24 * 3_600_000;
const NOTHING: KeepRule = { keepLast: 0, days: 0 };
const SOURCE = { provider: 'git', repoUrl: 'https://git.example/team/site.git' };

let token: string;

beforeEach(async () => {
  await forgetAll();
  token = (await signIn()).access_token;
});
afterEach(() => {
  vi.restoreAllMocks();
});

const post = (path: string, json: unknown = {}) => request(path, { method: 'POST', token, json });
const get = async (path: string) => (await request(path, { token })).json();
const partsAt = (days?: string) => ({
  env: days === undefined ? env : { ...env, ARCHIVE_DAYS: days },
  metadata,
  objects,
});

/** What the database itself has of a deployment. */
const rowOf = (id: string) =>
  env.METADATA.prepare('SELECT archived, octet_length(record) AS bytes FROM deployments WHERE id = ?')
    .bind(id)
    .first<{ archived: number; bytes: number }>();

async function givenApp(): Promise<AppRecord> {
  const created = await post('/api/apps', { name: 'Site', source: SOURCE });
  expect(created.status).toBe(201);
  const app = await metadata.apps.bySlug('site');
  if (app === null) throw new Error('it was just created');
  return app;
}

/** A deployment of the app that was canceled, whose log is archived and whose events are delivered. */
async function canceled(): Promise<string> {
  const { id } = Deployment.parse(await (await post('/api/apps/site/deployments')).json());
  expect((await post(`/api/deployments/${id}/cancel`)).status).toBe(202);
  await expect.poll(async () => (await metadata.deployments.byId(id))?.logKey ?? null).not.toBeNull();
  await expect.poll(() => deploymentOf(env, id).unconfirmed()).toBeNull();
  return id;
}

/** Does something a year later. */
async function aYearLater<Result>(work: (now: number) => Promise<Result>): Promise<Result> {
  const now = Date.now() + 365 * DAY_MS;
  const clock = vi.spyOn(Date, 'now').mockReturnValue(now);
  try {
    return await work(now);
  } finally {
    clock.mockRestore();
  }
}

/** The sweep of the app a year later. It removes all logs, and then archives what has nothing left. */
const sweepAYearLater = (app: AppRecord, days?: string) =>
  aYearLater((now) =>
    sweepApp(app, partsAt(days), {
      defaults: { artifacts: NOTHING, logs: NOTHING },
      budget: new Budget(),
      now,
      dryRun: false,
    }),
  );

/** What the sweep does at its end. */
const archiveAYearLater = ({ id }: AppRecord, budget = new Budget()) =>
  aYearLater((now) => archiveApp(id, partsAt(), { budget, now }));

test('a sweep archives what it has left nothing of, and the API answers as before', async () => {
  const app = await givenApp();
  const [old, latest] = [await canceled(), await canceled()];
  const first = await sweepAYearLater(app);
  expect(first.walk).toBeNull();
  expect(await rowOf(latest)).toMatchObject({ archived: 0 });
  const row = await rowOf(old);
  expect(row?.archived).toBe(1);
  expect(row?.bytes).toBeLessThan(500);

  const kept = await metadata.deployments.byId(old);
  const { record } = (await deploymentOf(env, old).snapshot()) ?? {};
  expect(kept).toEqual({ ...kept, ...record, logRemovedAt: expect.any(String) });
  expect(kept).not.toHaveProperty('archived');
  const shown = Deployment.parse(await get(`/api/deployments/${old}`));
  expect(shown).toMatchObject({ id: old, status: 'canceled', commitMessage: record?.commitMessage });
  const { items } = pageOf(Deployment).parse(await get('/api/apps/site/deployments'));
  expect(items.map(({ id }) => id)).toEqual([latest, old]);
  expect(items[1]).toMatchObject(shown);
  expect((await request(`/api/deployments/${old}/logs`, { token })).status).toBe(410);

  expect((await post(`/api/deployments/${old}/redeploy`)).status).toBe(202);
  expect((await post(`/api/deployments/${old}/cancel`)).status).toBe(409);
});

test('with ARCHIVE_DAYS 0, or before that many days, nothing is archived', async () => {
  const app = await givenApp();
  const [old] = [await canceled(), await canceled()];
  await sweepAYearLater(app, '0');
  await sweepAYearLater(app, '366');
  expect(await rowOf(old)).toMatchObject({ archived: 0 });
  await sweepAYearLater(app, '364');
  expect(await rowOf(old)).toMatchObject({ archived: 1 });
});

test('ARCHIVE_DAYS that is no number is said', () => {
  for (const ARCHIVE_DAYS of ['', 'many', '-1', '3651', '1.5'])
    expect(() => archiveBefore({ ARCHIVE_DAYS }, 0)).toThrow('ARCHIVE_DAYS is not a valid number');
  expect(archiveBefore({ ARCHIVE_DAYS: '0' }, 0)).toBeNull();
  expect(archiveBefore({}, 200 * DAY_MS)).toBe(new Date(20 * DAY_MS).toISOString());
});

test('an app with more than a budget archives goes on where it stopped', async () => {
  const app = await givenApp();
  const ids = [await canceled(), await canceled(), await canceled()];
  await sweepAYearLater(app, '0');
  expect(await archiveAYearLater(app, new Budget(0))).toBe(false);
  expect(await archiveAYearLater(app)).toBe(true);
  expect(await Promise.all(ids.map(async (id) => (await rowOf(id))?.archived))).toEqual([1, 1, 0]);
});

test('a deployment whose object does not leave stays whole, and the others are archived', async () => {
  const app = await givenApp();
  const [stuck, other] = [await canceled(), await canceled(), await canceled()];
  await sweepAYearLater(app, '0');
  // An object that was lost: nothing is in it, and it has left no file.
  await env.DEPLOYMENTS.getByName(stuck).destroy();
  expect(await archiveAYearLater(app)).toBe(true);
  expect(await rowOf(stuck)).toMatchObject({ archived: 0 });
  expect(await rowOf(other)).toMatchObject({ archived: 1 });
});

test('a change brings an archived deployment back whole, with its marks, and the next sweep archives it again', async () => {
  const app = await givenApp();
  const [old] = [await canceled(), await canceled()];
  await sweepAYearLater(app);
  const before = await metadata.deployments.byId(old);
  const pullRequest = { number: 7, title: 'A change', url: 'https://git.example/pull/7', fork: false };
  await deploymentOf(env, old).adopt(pullRequest);
  await expect.poll(async () => (await rowOf(old))?.archived).toBe(0);
  const after = { ...before, pullRequest };
  expect(await metadata.deployments.byId(old)).toEqual(after);
  await runDurableObjectAlarm(env.DEPLOYMENTS.getByName(old));
  await sweepAYearLater(app);
  expect(await rowOf(old)).toMatchObject({ archived: 1 });
  expect(await metadata.deployments.byId(old)).toEqual(after);
});

test('deleting the app deletes what is archived', async () => {
  const app = await givenApp();
  const [old] = [await canceled(), await canceled()];
  await sweepAYearLater(app);
  expect(await objects.head(endedDeploymentKey(old))).not.toBeNull();
  expect((await request('/api/apps/site', { method: 'DELETE', token })).status).toBe(204);
  expect(await objects.head(endedDeploymentKey(old))).toBeNull();
  expect(await metadata.deployments.byId(old)).toBeNull();
  expect((await objects.list('deployments/')).keys.filter((key) => key.includes(old))).toEqual([]);
});

test('one whose file is gone is left out, and said', async () => {
  const app = await givenApp();
  const [old, latest] = [await canceled(), await canceled()];
  await sweepAYearLater(app);
  await objects.delete([endedDeploymentKey(old)]);
  const said = vi.spyOn(console, 'error').mockReturnValue();
  expect(await metadata.deployments.byId(old)).toBeNull();
  const { items } = await metadata.deployments.list({ ownerId: app.ownerId }, { limit: 9 });
  expect(items.map(({ id }) => id)).toEqual([latest]);
  expect(said).toHaveBeenCalled();
});

test('whichever deployments are archived, lists are the same, page by page', async () => {
  const app = await givenApp();
  const records = Array.from({ length: 9 }, (_, n) =>
    deploymentRecord(app, {
      status: n % 3 === 0 ? 'failed' : 'canceled',
      branch: n % 2 === 0 ? 'main' : 'work',
      finishedAt: '2026-11-02T12:00:00.000Z',
      version: `1.${n}`,
    }),
  );
  for (const record of records) {
    await metadata.deployments.project(record, 1);
    await metadata.deployments.markRemoved([record.id], 'log', '2026-11-03T12:00:00.000Z');
    await metadata.deployments.markCleared([record.id]);
    await writeEndedFile(objects, { record, seq: 1, memory: null });
    expect(await readEndedFile(objects, record.id)).toMatchObject({ record, seq: 1 });
  }
  const pages = async (limit: number, narrowed: { branch?: string; status?: 'failed' }) => {
    const found: unknown[] = [];
    let cursor: string | undefined;
    do {
      const filter = { ownerId: app.ownerId, appId: app.id, ...narrowed };
      const page = await metadata.deployments.list(filter, {
        limit,
        ...(cursor === undefined ? {} : { cursor }),
      });
      found.push(page.items);
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined);
    return found;
  };
  const ways = [{}, { branch: 'main' }, { status: 'failed' as const }];
  const all = async () => Promise.all(ways.flatMap((way) => [pages(2, way), pages(50, way)]));
  const before = await all();
  await fc.assert(
    fc.asyncProperty(fc.subarray(records), async (some) => {
      await metadata.deployments.archive(
        app.id,
        some.map(({ id }) => ({ id, seq: 1 })),
      );
      expect(await all()).toEqual(before);
    }),
    { numRuns: 3 },
  );
});
