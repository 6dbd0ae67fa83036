import { createMessageBatch, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { CLOSE, Deployment, LOGS_SUBPROTOCOL, MULTIPART_FROM_BYTES } from '@appflux/protocol';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { sampleSpec } from '../deployment/testing/sample-spec.ts';
import { Budget } from '../limits/budget.ts';
import { metadataOf } from '../metadata/index.ts';
import type { AppRecord } from '../metadata/metadata.ts';
import { newObjectId } from '../metadata/object-id.ts';
import { appRecord, deploymentRecord } from '../metadata/testing/sample-records.ts';
import { deadLettersOf } from '../objects/dead-letters.ts';
import type { QueueMessage } from '../queue-messages.ts';
import { consume } from '../queues/consume.ts';
import { givenSite } from '../sites/testing/published-site.ts';
import { objectsOf, presignerOf } from '../storage/index.ts';
import { artifactKey, uploadKey } from '../storage/keys.ts';
import { connectAttempt, deliver, givenRunner, leaseOf, uploadOf } from '../testing/attempt.ts';
import { forgetAll, request, signIn } from '../testing/worker.ts';
import { deleteApp } from './delete-app.ts';

const metadata = metadataOf(env);
const objects = objectsOf(env);

let token: string;
let ownerId: string;
let runner: { id: string; credential: string };

beforeEach(async () => {
  await forgetAll();
  const session = await signIn();
  token = session.access_token;
  ownerId = session.user.id;
  runner = await givenRunner(ownerId);
});
afterEach(() => {
  vi.restoreAllMocks();
});

const call = (method: string, path: string, json?: unknown, headers: Record<string, string> = {}) =>
  request(path, { method, token, headers, ...(json === undefined ? {} : { json }) });

async function done<Answer>(response: Response): Promise<Answer> {
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
  return response.json<Answer>();
}

/** Uploads a source as a browser does. */
async function upload(): Promise<string> {
  type Begun = { uploadId: string; parts: { url: string }[] };
  const { uploadId, parts } = await done<Begun>(
    await call('POST', '/api/uploads', { name: 'a.zip', size: 3 }),
  );
  const put = await fetch(parts[0]?.url ?? '', { method: 'PUT', body: 'zip' });
  const etag = put.headers.get('etag') ?? '';
  await done(await call('POST', `/api/uploads/${uploadId}/complete`, { parts: [{ partNumber: 1, etag }] }));
  return uploadId;
}

const deploy = async (slug: string, json: object = {}, headers: Record<string, string> = {}) =>
  Deployment.parse(await done(await call('POST', `/api/apps/${slug}/deployments`, json, headers)));

/** A deployment that has delivered a file and ended, with its log archived and all of it in metadata. */
async function succeeded(slug: string, json: object): Promise<string> {
  const { id } = await deploy(slug, json, { 'Idempotency-Key': newObjectId() });
  const attempt = await connectAttempt(await leaseOf(id, runner), runner.credential);
  await deliver(attempt, 'site.zip', `of ${slug}`);
  attempt.send({ type: 'finish', result: { status: 'success', artifacts: ['site.zip'] } });
  await expect
    .poll(() => metadata.deployments.byId(id), { timeout: 10_000 })
    .toMatchObject({ status: 'success', logKey: expect.any(String) });
  return id;
}

/** An App with everything that one can have, and a deployment that ended. */
async function givenApp(slug: string) {
  const source = { provider: 'upload' };
  const envVars = { API_URL: `https://${slug}.example` };
  const { id } = await done<{ id: string }>(
    await call('POST', '/api/apps', { name: slug, slug, source, envVars }),
  );
  await call('PUT', `/api/apps/${slug}/files/KEYSTORE`, { content: 'AAAA' });
  await done(await call('POST', `/api/apps/${slug}/deploy-hooks`, { name: 'nightly' }));
  const uploadId = await upload();
  return { id, slug, uploadId, ended: await succeeded(slug, { uploadId }) };
}

const remove = (slug: string) => call('DELETE', `/api/apps/${slug}`);

/** Every table that has something of these, but the audit log, which tells that there was an App. */
async function tablesWith(...ids: string[]): Promise<string[]> {
  const { results } = await env.METADATA.prepare(
    "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '%\\_%cf%' ESCAPE '\\' AND name NOT LIKE 'sqlite%' AND name <> 'audit'",
  ).all<{ name: string }>();
  const found: string[] = [];
  for (const { name } of results) {
    const rows = JSON.stringify((await env.METADATA.prepare(`SELECT * FROM ${name}`).all()).results);
    if (ids.some((id) => rows.includes(id))) found.push(name);
  }
  return found;
}

/** What the object of a deployment, or of an app's sites, keeps: its tables, its values, and its alarm. */
const kept = (id: string, objects: DurableObjectNamespace = env.DEPLOYMENTS) =>
  runInDurableObject(objects.getByName(id), async (_, { storage }) => ({
    tables: storage.sql
      .exec<{ name: string }>("SELECT name FROM sqlite_master WHERE name NOT LIKE '\\_cf\\_%' ESCAPE '\\'")
      .toArray()
      .map(({ name }) => name),
    values: [...(await storage.list()).keys()],
    alarm: await storage.getAlarm(),
  }));
const NOTHING = { tables: [], values: [], alarm: null };

/** What lies in storage of these; all tests share one bucket. */
const keysOf = async (...ids: string[]) =>
  (await objects.list('')).keys.filter((key) => ids.some((id) => key.includes(id)));

/** Hands messages to the consumer of a queue, as the platform does. */
async function hand(queue: string, ...bodies: QueueMessage[]) {
  const messages = bodies.map((body, n) => ({ id: `m${n}`, timestamp: new Date(), attempts: 1, body }));
  await consume(createMessageBatch<QueueMessage>(queue, messages), env);
}

/** The alarm of a deployment's object rings when all presigned URLs for uploads have expired. */
async function anHourLater(id: string): Promise<void> {
  const later = Date.now() + 3_700_000;
  vi.spyOn(Date, 'now').mockReturnValue(later);
  await runDurableObjectAlarm(env.DEPLOYMENTS.getByName(id));
  vi.restoreAllMocks();
}

test('an app that is deleted leaves nothing in storage, in the database and in its objects, and nothing of another goes', async () => {
  const other = await givenApp('other');
  const app = await givenApp('gone');
  // One source that both were deployed from, and one of a third deployment that stays.
  await succeeded('other', { uploadId: app.uploadId });
  const shared = uploadKey(app.uploadId);
  const before = await keysOf(other.id, other.uploadId, app.uploadId);
  const earlier = await succeeded('gone', { uploadId: app.uploadId });
  const source = await upload();
  const running = await deploy('gone', { uploadId: source });
  const attempt = await connectAttempt(await leaseOf(running.id, runner), runner.credential);
  await deliver(attempt, 'half.zip', 'of a build that never ends');
  const [part] = await uploadOf(attempt, 'large.zip', MULTIPART_FROM_BYTES);
  const queued = await deploy('gone', { uploadId: app.uploadId, environment: 'preview' });
  const deployments = [app.ended, earlier, running.id, queued.id];
  await givenSite({ appId: app.id, deploymentId: earlier }, { files: { 'index.html': 'x' } });
  await deadLettersOf(env).add({ kind: 'offer', deploymentId: queued.id }, new Date().toISOString());
  expect(await tablesWith(app.id)).toEqual(
    expect.arrayContaining(['apps', 'deployments', 'app_files', 'tokens', 'idempotency_keys', 'uploads']),
  );

  const counted = { at: new Date().toISOString(), requests: 1, errors: 0, cpuMs: 0, durations: [] };
  const counts = [{ ...counted, deploymentId: app.ended, environment: 'production' as const }];
  await env.RUNTIME.getByName(app.id).append({ id: crypto.randomUUID(), lines: [], counts });
  expect(await kept(app.id, env.RUNTIME)).toMatchObject({ alarm: expect.any(Number) });

  expect((await remove('gone')).status).toBe(204);

  expect(await keysOf(other.id, other.uploadId, app.uploadId)).toEqual(before);
  expect(await keysOf(app.id, source)).toEqual([]);
  expect(before).toContain(shared);
  expect(await tablesWith(app.id, ...deployments)).toEqual([]);
  // Queued messages of tests before it may give up at any moment: theirs don't count.
  const { items } = await deadLettersOf(env).list({ limit: 100 });
  const ofApp = [app.id, ...deployments];
  expect(items.filter(({ message }) => ofApp.some((id) => JSON.stringify(message).includes(id)))).toEqual([]);
  expect(await env.POOLS.getByName(ownerId).depth()).toBe(0);
  expect(await kept(queued.id)).toEqual(NOTHING);
  // A part of a large file that is under way finds nothing to belong to.
  const put = await fetch(part?.url ?? '', { method: 'PUT', body: new Uint8Array(8 * 1024 * 1024) });
  expect(put.status).toBe(404);
  for (const id of deployments) {
    await anHourLater(id);
    expect(await kept(id)).toEqual(NOTHING);
  }

  // The store of its sites waits until no URL of a pack can be used any more.
  vi.spyOn(Date, 'now').mockReturnValue(Date.now() + 3 * 3_600_000);
  await runDurableObjectAlarm(env.SITES.getByName(app.id));
  await runDurableObjectAlarm(env.RUNTIME.getByName(app.id));
  vi.restoreAllMocks();
  for (const object of [env.SITES, env.RUNTIME]) expect(await kept(app.id, object)).toEqual(NOTHING);

  expect(await objects.head(artifactKey(other.id, other.ended, 1, 'site.zip'))).not.toBeNull();
  expect((await request(`/dl/${other.ended}/site.zip`)).status).toBe(200);
  expect((await call('GET', `/api/deployments/${other.ended}/logs`)).status).toBe(200);
  expect((await call('POST', `/api/deployments/${other.ended}/redeploy`)).status).toBe(202);
});

test('requests for anything of it get 404', async () => {
  const { ended } = await givenApp('gone');
  const running = await deploy('gone', { uploadId: await upload() });
  const lease = await leaseOf(running.id, runner);
  const attempt = await connectAttempt(lease, runner.credential);
  const watching = await call('GET', `/api/deployments/${running.id}/logs/live`, undefined, {
    Upgrade: 'websocket',
    'Sec-WebSocket-Protocol': LOGS_SUBPROTOCOL,
  });
  const watched: string[] = [];
  watching.webSocket?.addEventListener('message', ({ data }) => void watched.push(String(data)));
  watching.webSocket?.accept();
  expect((await request('/a/gone')).status).toBe(200);
  expect((await request(`/dl/${ended}/site.zip`)).status).toBe(200);

  expect((await remove('gone')).status).toBe(204);

  expect(await attempt.closed).toMatchObject({ code: CLOSE.staleAttempt });
  expect(await (await connectAttempt(lease, runner.credential)).closed).toMatchObject({
    code: CLOSE.staleAttempt,
  });
  await expect.poll(() => watched.at(-1)).toContain('"type":"end"');
  for (const path of ['/a/gone', `/dl/${ended}/site.zip`]) expect((await request(path)).status).toBe(404);
  for (const id of [ended, running.id]) {
    for (const path of ['', '/logs', '/logs.ndjson', '/artifacts']) {
      expect((await call('GET', `/api/deployments/${id}${path}`)).status).toBe(404);
    }
    expect((await call('POST', `/api/deployments/${id}/cancel`)).status).toBe(404);
    expect((await call('POST', `/api/deployments/${id}/redeploy`)).status).toBe(404);
  }
  expect((await remove('gone')).status).toBe(404);
  expect(await metadata.apps.bySlug('gone')).toBeNull();
});

test('a deletion that fails half way is closed to the public, says so, and is finished by asking again', async () => {
  const app = await givenApp('gone');
  const running = await deploy('gone', { uploadId: await upload() });
  const lease = await leaseOf(running.id, runner);
  await connectAttempt(lease, runner.credential);
  const real = globalThis.fetch;
  const down = vi.spyOn(globalThis, 'fetch').mockImplementation(async (input, init) => {
    const { method } = new Request(input, init);
    // Reading works, removing does not: the deletion has begun by then.
    return method === 'POST' || method === 'DELETE' ? new Response(null, { status: 503 }) : real(input, init);
  });
  const refused = await remove('gone');
  expect(refused.status).toBe(503);
  expect(refused.headers.get('Retry-After')).not.toBeNull();
  down.mockRestore();

  expect(await (await request('/a/gone')).text()).not.toContain('site.zip');
  // Which of its deployments are removed by now is left to chance: each is there or it is not, and none breaks.
  for (const id of [app.ended, running.id]) {
    expect([200, 404]).toContain((await call('GET', `/api/deployments/${id}`)).status);
    expect([200, 404]).toContain((await call('GET', `/api/deployments/${id}/logs`)).status);
    expect([202, 404, 409]).toContain((await call('POST', `/api/deployments/${id}/cancel`)).status);
  }
  expect(await (await connectAttempt(lease, runner.credential)).closed).toMatchObject({
    code: CLOSE.staleAttempt,
  });

  expect((await remove('gone')).status).toBe(204);
  expect(await keysOf(app.id, app.uploadId)).toEqual([]);
  expect(await tablesWith(app.id, app.ended, running.id, app.uploadId)).toEqual([]);
});

test('a deployment whose object is gone and whose record is still there is not found, and breaks nothing', async () => {
  await givenApp('gone');
  const running = await deploy('gone', { uploadId: await upload() });
  await env.DEPLOYMENTS.getByName(running.id).destroy();
  // Its last word was that it is canceled; metadata may have heard it, or not yet.
  expect([200, 404]).toContain((await call('GET', `/api/deployments/${running.id}`)).status);
  expect((await call('GET', `/api/deployments/${running.id}/logs`)).status).toBe(404);
  expect((await call('GET', `/api/deployments/${running.id}/logs.ndjson`)).status).toBe(404);
  expect((await call('POST', `/api/deployments/${running.id}/cancel`)).status).toBe(404);
  expect((await call('POST', `/api/deployments/${running.id}/redeploy`)).status).toBe(404);
  const live = await call('GET', `/api/deployments/${running.id}/logs/live`, undefined, {
    Upgrade: 'websocket',
    'Sec-WebSocket-Protocol': LOGS_SUBPROTOCOL,
  });
  expect(live.status).toBe(404);
  expect(await kept(running.id)).toEqual(NOTHING);
});

test('what queues still have of it brings nothing back', async () => {
  const { id: appId, ended } = await givenApp('gone');
  const record = await metadata.deployments.byId(ended);
  const queued = await deploy('gone', { uploadId: await upload() });
  await remove('gone');
  await hand('deploy-queue', { kind: 'offer', deploymentId: queued.id });
  await hand(
    'event-queue',
    { kind: 'event', deploymentId: ended, seq: 99, record },
    {
      kind: 'event',
      deploymentId: queued.id,
      seq: 99,
      record: { ...record, id: queued.id, status: 'queued' },
    },
    { kind: 'log_tail', deploymentId: ended, appId, lines: [] },
  );
  expect(await metadata.deployments.byId(ended)).toBeNull();
  expect(await tablesWith(appId, ended, queued.id)).toEqual([]);
  expect(await env.POOLS.getByName(ownerId).depth()).toBe(0);
  await anHourLater(ended);
  for (const id of [ended, queued.id]) expect(await kept(id)).toEqual(NOTHING);
});

test('a deployment that was asked for while its app went goes as well, with what its runner has delivered', async () => {
  const app = appRecord({ ownerId });
  const spec = sampleSpec({
    id: newObjectId(),
    ownerId,
    app: { id: app.id, slug: app.slug, name: app.name },
    createdAt: Date.now(),
  });
  await metadata.apps.insert(app);
  const stub = env.DEPLOYMENTS.getByName(spec.id);
  const created = await stub.create(spec);
  const attempt = await connectAttempt(await leaseOf(spec.id, runner), runner.credential);
  await deliver(attempt, 'site.zip', 'of nobody');
  // The deletion has seen a list of deployments in which this one was not.
  await metadata.apps.delete(app.id);
  await hand('event-queue', {
    kind: 'event',
    deploymentId: spec.id,
    seq: created.seq,
    record: created.record,
  });
  expect(await attempt.closed).toMatchObject({ code: CLOSE.staleAttempt });
  expect(await stub.snapshot()).toBeNull();
  expect(await keysOf(app.id)).toEqual([]);
  expect(await env.POOLS.getByName(ownerId).depth()).toBe(0);
});

test('what a runner uploads with an older presigned URL is removed when all of them have expired', async () => {
  const { id: appId } = await givenApp('gone');
  const running = await deploy('gone', { uploadId: await upload() });
  const attempt = await connectAttempt(await leaseOf(running.id, runner), runner.credential);
  const [part] = await uploadOf(attempt, 'late.zip', 4);
  await remove('gone');
  expect((await fetch(part?.url ?? '', { method: 'PUT', body: 'late' })).status).toBe(200);
  expect(await keysOf(appId)).toHaveLength(1);
  const { values, alarm } = await kept(running.id);
  expect(values).toEqual(['remains']);
  expect(alarm).toBeGreaterThan(Date.now() + 3_500_000);

  const down = vi.spyOn(globalThis, 'fetch').mockResolvedValue(new Response(null, { status: 503 }));
  await runDurableObjectAlarm(env.DEPLOYMENTS.getByName(running.id));
  down.mockRestore();
  expect((await kept(running.id)).alarm).not.toBeNull();
  await runDurableObjectAlarm(env.DEPLOYMENTS.getByName(running.id));
  expect(await keysOf(appId)).toEqual([]);
  expect(await kept(running.id)).toEqual(NOTHING);
});

test('more deployments than are removed at a time all go', async () => {
  const app = await givenDeployments('many', 105);
  expect((await remove('many')).status).toBe(204);
  expect(await tablesWith(app.id)).toEqual([]);
});

test('an app with more than one request can remove is removed by calling again', async () => {
  const app = await givenDeployments('many', 105);
  const parts = { env, metadata, objects, presigner: presignerOf(env) };
  await expect(deleteApp(app, parts, new Budget(9))).rejects.toMatchObject({
    code: 'unavailable',
    message: 'There is more to remove than one request can handle handle',
    hint: expect.stringContaining('Delete it again'),
  });
  expect(await metadata.deployments.idsOf(app.id, 200)).toHaveLength(5);
  expect(await metadata.apps.byId(app.id)).not.toBeNull();
  await deleteApp(app, parts);
  expect(await tablesWith(app.id)).toEqual([]);
});

/** An app with so many deployments that have ended, of which only metadata knows. */
async function givenDeployments(slug: string, count: number): Promise<AppRecord> {
  const app = appRecord({ ownerId, slug });
  await metadata.apps.insert(app);
  await Promise.all(
    Array.from({ length: count }, () =>
      metadata.deployments.project(deploymentRecord(app, { status: 'failed' }), 1),
    ),
  );
  return app;
}
