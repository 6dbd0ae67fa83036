/** What a runner may take is what it is registered for: its own hello narrows that, and people change it. */
import { env } from 'cloudflare:workers';
import {
  CLOSE,
  Deployment,
  ErrorBody,
  RegisteredRunner,
  type RegisterRunner,
  Runner,
} from '@appflux/protocol';
import { beforeEach, describe, expect, test } from 'vitest';
import { metadataOf } from '../metadata/index.ts';
import type { RunnerRecord } from '../metadata/metadata.ts';
import { newObjectId } from '../metadata/object-id.ts';
import { onBehalfOf } from '../sockets/runner-header.ts';
import { founder, memberOf, type SignedIn } from '../testing/people.ts';
import { connectPool, opened } from '../testing/pool.ts';
import { forgetAll, request } from '../testing/worker.ts';

let owner: SignedIn;
let apps = 0;

beforeEach(async () => {
  await forgetAll();
  owner = await founder();
});

async function call(method: string, path: string, json?: unknown, token = owner.token): Promise<Response> {
  return request(path, { method, token, ...(json === undefined ? {} : { json }) });
}

async function registered(members: Partial<RegisterRunner> = {}): Promise<RegisteredRunner> {
  const { token } = await (await call('POST', '/api/runners/tokens', {})).json<{ token: string }>();
  const body = { token, name: 'box', labels: ['linux'], slots: 1, version: '0.1.0', ...members };
  const response = await request('/api/runners/register', { method: 'POST', json: body });
  expect(response.status).toBe(201);
  return RegisteredRunner.parse(await response.json());
}

/** The id of a deployment that waits for a runner with these labels. */
async function waiting(...labels: string[]): Promise<string> {
  apps += 1;
  const source = { provider: 'git', repoUrl: 'https://git.example/team/site.git', branch: 'main' };
  const slug = `app-${apps}`;
  const made = await call('POST', '/api/apps', { name: slug, slug, source, build: { labels } });
  expect(made.status).toBe(201);
  const { id } = await (await call('POST', `/api/apps/${slug}/deployments`, {})).json<{ id: string }>();
  await expect.poll(() => env.POOLS.getByName(owner.user.id).waitingReason(id)).not.toBeNull();
  return id;
}

async function shown(id: string): Promise<Runner> {
  const { items } = await (await call('GET', '/api/runners')).json<{ items: unknown[] }>();
  const runners = items.map((item) => Runner.parse(item));
  const found = runners.find((runner) => runner.id === id);
  if (found === undefined) throw new Error(`no runner ${id}`);
  return found;
}

/** Waits until the pool has taken in what a runner said last: it answers for it in the list. */
const online = (id: string) => expect.poll(async () => (await shown(id)).status).toBe('online');

const waitsFor = async (id: string) =>
  Deployment.parse(await (await call('GET', `/api/deployments/${id}`)).json()).waitingFor;

describe('a hello that asks for more than registration fixed', () => {
  test('is given no job for a label that it was not registered with', async () => {
    const runner = await registered();
    const id = await waiting('prod-signing');
    const pool = await connectPool(runner.credential);
    pool.hello({ labels: ['prod-signing', 'linux'], slots: 8 });
    await online(runner.id);
    expect(await waitsFor(id)).toBe(
      'No online runner has the label `prod-signing`; box asks for it without being registered for it',
    );
    expect(pool.grants()).toEqual([]);
    expect(await shown(runner.id)).toMatchObject({
      labels: ['linux'],
      slots: 1,
      announced: { labels: ['prod-signing', 'linux'], slots: 8, executor: 'docker' },
    });
    expect(await metadataOf(env).runners.byId(runner.id)).toMatchObject({ labels: ['linux'], slots: 1 });
  });

  test('is given one job at a time if it was registered with one slot, whatever it says it holds', async () => {
    const runner = await registered();
    const pool = await connectPool(runner.credential);
    const [first, second] = [await waiting('linux'), await waiting('linux')];
    pool.hello({ labels: ['linux'], slots: 8 });
    await expect.poll(() => pool.grants()).toHaveLength(1);
    const { deploymentId, attempt } = pool.grants()[0] ?? {};
    expect(deploymentId).toBe(first);
    if (deploymentId === undefined || attempt === undefined) return;
    pool.send({ type: 'accepted', deploymentId, attempt });
    // That it has none of it left does not make it so.
    pool.send({ type: 'freed', deploymentId, attempt });
    pool.hello({ labels: ['linux'], slots: 8, running: [], session: 'another process' });
    pool.hello({ labels: ['linux'], slots: 9, running: [], session: 'another process' });
    await expect.poll(async () => (await shown(runner.id)).announced?.slots).toBe(9);
    const held = new Set(pool.grants().map((grant) => grant.deploymentId));
    expect([...held]).toEqual([first]);
    expect(await shown(runner.id)).toMatchObject({ busy: 1 });
    expect(await waitsFor(second)).toContain('busy');
  });
});

describe('a hello that asks for less', () => {
  test('narrows labels and slots, while the registration stays', async () => {
    const runner = await registered({ labels: ['linux', 'gpu'], slots: 4 });
    const pool = await connectPool(runner.credential);
    const gpu = await waiting('gpu');
    pool.hello({ labels: ['linux'], slots: 1 });
    await online(runner.id);
    expect(await waitsFor(gpu)).toContain('No online runner has the label `gpu`');
    expect(await shown(runner.id)).toMatchObject({
      labels: ['linux', 'gpu'],
      slots: 4,
      announced: { labels: ['linux'], slots: 1 },
    });
    pool.hello({ labels: ['linux', 'gpu'], slots: 4 });
    await expect.poll(() => pool.grants()).toMatchObject([{ deploymentId: gpu }]);
    expect((await shown(runner.id)).announced).toBeUndefined();
  });
});

describe('the executor', () => {
  test('of a runner that was registered without a sandbox stays so, whatever it says', async () => {
    const runner = await registered({ labels: ['host', 'linux'], executor: 'host' });
    const sandboxed = await waiting('linux');
    const pool = await connectPool(runner.credential);
    pool.hello({ labels: ['host', 'linux'] });
    await online(runner.id);
    expect(await waitsFor(sandboxed)).toContain('without a sandbox');
    expect(await shown(runner.id)).toMatchObject({ executor: 'host', announced: { executor: 'docker' } });
  });

  test('of a runner that says for the first time what it has is kept from then on', async () => {
    const runner = await registered({ labels: ['macos', 'linux'] });
    await metadataOf(env).runners.update(runner.id, { executor: null });
    const first = await connectPool(runner.credential);
    first.hello({ labels: ['macos', 'linux'], executor: 'host' });
    await expect.poll(async () => (await metadataOf(env).runners.byId(runner.id))?.executor).toBe('host');
    const sandboxed = await waiting('linux');
    for (const again of [() => first, () => connectPool(runner.credential)]) {
      const pool = await again();
      pool.hello({ labels: ['macos', 'linux'] });
      await online(runner.id);
      expect(await waitsFor(sandboxed)).toContain('without a sandbox');
      expect(pool.grants()).toEqual([]);
    }
    expect((await shown(runner.id)).executor).toBe('host');
  });

  test('of a runner with a sandbox can be given up for a while: it gets only what asks for that', async () => {
    const runner = await registered({ labels: ['linux', 'host'], executor: 'docker' });
    const sandboxed = await waiting('linux');
    const pool = await connectPool(runner.credential);
    pool.hello({ labels: ['linux', 'host'], executor: 'host' });
    await online(runner.id);
    expect(await waitsFor(sandboxed)).toContain('without a sandbox');
    expect((await shown(runner.id)).executor).toBe('host');
    pool.hello({ labels: ['linux', 'host'] });
    await expect.poll(() => pool.grants()).toMatchObject([{ deploymentId: sandboxed }]);
    expect(await metadataOf(env).runners.byId(runner.id)).toMatchObject({ executor: 'docker' });
  });
});

describe('what happens between the authentication of a runner and its hello', () => {
  async function connectAs(record: RunnerRecord) {
    const pool = env.POOLS.getByName(record.ownerId);
    const asked = new Request('http://worker/', { headers: { Upgrade: 'websocket' } });
    return opened(await pool.fetch(onBehalfOf(record, asked, 'http://pool/')));
  }

  test('is heard of: what was changed counts', async () => {
    const { id } = await registered({ labels: ['linux', 'gpu'], slots: 4 });
    const { runners } = metadataOf(env);
    const before = await runners.byId(id);
    if (before === null) throw new Error('the runner is there');
    await call('PATCH', `/api/runners/${id}`, { labels: ['linux'], slots: 2 });
    const pool = await connectAs(before);
    pool.hello({ labels: ['linux', 'gpu'], slots: 4 });
    await expect
      .poll(() => pool.frames)
      .toContainEqual({ type: 'registered', registered: { name: 'box', labels: ['linux'], slots: 2 } });
    const waits = await waiting('gpu');
    expect(await waitsFor(waits)).toContain('No online runner has the label `gpu`');
  });

  test('is heard of: a runner that was removed is cut off', async () => {
    const { id } = await registered();
    const before = await metadataOf(env).runners.byId(id);
    if (before === null) throw new Error('the runner is there');
    expect((await call('DELETE', `/api/runners/${id}`)).status).toBe(204);
    const pool = await connectAs(before);
    pool.hello({ labels: ['linux'] });
    expect(await pool.closed).toBe(CLOSE.unauthorized);
  });
});

describe('PATCH /api/runners/:id', () => {
  test("changes a connected runner's slots immediately, notifies it, and is audited", async () => {
    const runner = await registered();
    const pool = await connectPool(runner.credential);
    const id = await waiting('gpu');
    pool.hello({ labels: ['linux', 'gpu'], slots: 4 });
    await online(runner.id);
    expect(pool.grants()).toEqual([]);

    const change = { name: 'big-box', labels: ['linux', 'gpu', 'gpu'], slots: 2 };
    const response = await call('PATCH', `/api/runners/${runner.id}`, change);
    expect(response.status).toBe(200);
    expect(Runner.parse(await response.json())).toMatchObject({
      name: 'big-box',
      labels: ['linux', 'gpu'],
      slots: 2,
      status: 'online',
    });
    await expect.poll(() => pool.grants()).toMatchObject([{ deploymentId: id }]);
    expect(pool.frames).toContainEqual({
      type: 'registered',
      registered: { name: 'big-box', labels: ['linux', 'gpu'], slots: 2 },
    });
    const { items } = await (await call('GET', '/api/audit')).json<{ items: object[] }>();
    expect(items[0]).toMatchObject({
      action: 'runner.update',
      actor: { id: owner.user.id },
      target: {
        kind: 'runner',
        id: runner.id,
        name: 'box: name big-box, labels linux → linux, gpu, slots 1 → 2',
      },
    });
  });

  test('holds for a runner that connects later, and takes away what it took', async () => {
    const runner = await registered({ labels: ['linux', 'gpu'], slots: 4 });
    expect((await call('PATCH', `/api/runners/${runner.id}`, { labels: [] })).status).toBe(200);
    const id = await waiting('gpu');
    const pool = await connectPool(runner.credential);
    await expect
      .poll(() => pool.frames[0])
      .toMatchObject({ type: 'welcome', registered: { name: 'box', labels: [], slots: 4 } });
    pool.hello({ labels: ['linux', 'gpu'], slots: 4 });
    await online(runner.id);
    expect(await waitsFor(id)).toContain('No online runner has the label `gpu`');
    expect(pool.grants()).toEqual([]);
  });

  test('that changes nothing is no entry in the audit log', async () => {
    const runner = await registered();
    for (const change of [{}, { labels: ['linux'], slots: 1, name: 'box' }])
      expect((await call('PATCH', `/api/runners/${runner.id}`, change)).status).toBe(200);
    const { items } = await (await call('GET', '/api/audit')).json<{ items: { action: string }[] }>();
    expect(items.filter(({ action }) => action === 'runner.update')).toEqual([]);
  });

  test.each([
    [{ slots: 0 }, 'slots'],
    [{ slots: 65 }, 'slots'],
    [{ slots: 1.5 }, 'slots'],
    [{ labels: ['Not A Label'] }, 'labels.0'],
    [{ labels: Array.from({ length: 21 }, (_, index) => `l${index}`) }, 'labels'],
    [{ name: '' }, 'name'],
    [{ executor: 'docker' }, ''],
    [{ draining: true }, ''],
  ])('of another shape is refused: %j', async (change, path) => {
    const runner = await registered();
    const response = await call('PATCH', `/api/runners/${runner.id}`, change);
    expect(response.status).toBe(400);
    expect(ErrorBody.parse(await response.json()).error.issues?.[0]).toMatchObject({ path });
  });

  test('is for admins of the runner’s own team', async () => {
    const runner = await registered();
    const change = { slots: 3 };
    const stranger = await founder();
    const developer = await memberOf(owner.user.id, 'developer');
    const admin = await memberOf(owner.user.id, 'admin');
    expect((await call('PATCH', `/api/runners/${runner.id}`, change, stranger.token)).status).toBe(404);
    expect((await call('PATCH', `/api/runners/${runner.id}`, change, developer.token)).status).toBe(403);
    expect((await call('PATCH', `/api/runners/${newObjectId()}`, change)).status).toBe(404);
    expect(await shown(runner.id)).toMatchObject({ slots: 1 });
    expect((await call('PATCH', `/api/runners/${runner.id}`, change, admin.token)).status).toBe(200);
    expect(await shown(runner.id)).toMatchObject({ slots: 3 });
  });
});
