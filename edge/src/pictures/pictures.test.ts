/** A picture's way through the edge: asked for after publication, taken by an idle runner, stored, shown and removed. */
import {
  createExecutionContext,
  createMessageBatch,
  getQueueResult,
  runInDurableObject,
} from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import {
  App,
  Deployment,
  type PictureRequest,
  RegisteredRunner,
  type RegisterRunner,
} from '@appflux/protocol';
import { beforeEach, expect, test } from 'vitest';
import { metadataOf } from '../metadata/index.ts';
import type { AppRecord, DeploymentRecord } from '../metadata/metadata.ts';
import { contentOf } from '../metadata/records.ts';
import { appRecord, deploymentRecord } from '../metadata/testing/sample-records.ts';
import type { QueueMessage } from '../queue-messages.ts';
import { consume } from '../queues/consume.ts';
import { removeParts } from '../retention/testing/remove.ts';
import { admit } from '../sites/access/admit.ts';
import { deploymentLabel } from '../sites/hosts/labels.ts';
import { resolveSite } from '../sites/hosts/resolve.ts';
import { objectsOf } from '../storage/index.ts';
import { pictureKey } from '../storage/keys.ts';
import { founder, type SignedIn } from '../testing/people.ts';
import { connectPool } from '../testing/pool.ts';
import { forgetAll, request } from '../testing/worker.ts';

let owner: SignedIn;
let app: AppRecord;

beforeEach(async () => {
  await forgetAll();
  owner = await founder();
  app = appRecord({ ownerId: owner.user.id, slug: 'shop' });
  await metadataOf(env).apps.insert(app);
});

const SITE = { kind: 'static', files: 1, bytes: 9, newFiles: 1, newBytes: 9 } as const;

/** A deployment of which an event tells, as the deployment's object sends it; the event of version 0.1.0 has it all. */
async function publish(members: Partial<DeploymentRecord> = {}): Promise<DeploymentRecord> {
  const record = deploymentRecord(app, { status: 'success', site: SITE, attempt: 1, ...members });
  await tell(record, 1);
  return record;
}

async function tell(record: DeploymentRecord, seq: number): Promise<void> {
  const body: QueueMessage = { kind: 'event', deploymentId: record.id, seq, record };
  const batch = createMessageBatch<QueueMessage>('event-queue', [
    { id: 'm', timestamp: new Date(), attempts: 1, body },
  ]);
  await consume(batch, env);
  expect((await getQueueResult(batch, createExecutionContext())).explicitAcks).toEqual(['m']);
}

async function runner(name = 'box') {
  const call = (path: string, json: unknown, token?: string) =>
    request(path, { method: 'POST', json, ...(token === undefined ? {} : { token }) });
  const made = await call('/api/runners/tokens', {}, owner.token);
  const { token } = await made.json<{ token: string }>();
  const body: RegisterRunner = { token, name, labels: ['linux'], slots: 1, version: '0.1.0' };
  const { id, credential } = RegisteredRunner.parse(await (await call('/api/runners/register', body)).json());
  const socket = await connectPool(credential);
  const asked = (): PictureRequest[] =>
    socket.frames.flatMap((frame) => (frame.type === 'picture' ? [frame.picture] : []));
  const deliver = (deploymentId: string, result: unknown) =>
    call(`/api/deployments/${deploymentId}/picture`, result, credential);
  return { id, credential, socket, asked, deliver };
}

/** Says hello, and that it takes pictures. */
async function ready(members: { running?: { deploymentId: string; attempt: number }[] } = {}) {
  const box = await runner();
  box.socket.hello({ labels: ['linux'], ...members });
  box.socket.send({ type: 'pictures', ready: true });
  return box;
}

/** A WebP file of this size, as far as its head says. */
function webp(width: number, height: number): string {
  const bytes = new Uint8Array(64);
  const view = new DataView(bytes.buffer);
  bytes.set(new TextEncoder().encode('RIFF'), 0);
  view.setUint32(4, 56, true);
  bytes.set(new TextEncoder().encode('WEBPVP8 '), 8);
  bytes.set([0x9d, 0x01, 0x2a], 23);
  view.setUint16(26, width, true);
  view.setUint16(28, height, true);
  return Buffer.from(bytes).toString('base64');
}
const FILES = { wide: webp(1280, 800), phone: webp(390, 844) };

const shown = async (id: string) =>
  Deployment.parse(await (await request(`/api/deployments/${id}`, { token: owner.token })).json());

/** Makes what the pool waits for due now. A runner that is silent for 20 seconds is not asked. */
async function letTimePass(milliseconds: number): Promise<void> {
  await runInDurableObject(env.POOLS.getByName(owner.user.id), async (pool, state) => {
    const rows = state.storage.sql.exec<{ request: string }>('SELECT request FROM pictures').toArray();
    const queue = Object(pool);
    expect(rows.length).toBeGreaterThan(0);
    const now = Date.now;
    Date.now = () => now() + milliseconds;
    try {
      await queue.alarm();
    } finally {
      Date.now = now;
    }
  });
}

test('a site is pictured after it was published, and the picture is shown to its team alone', async () => {
  const box = await ready();
  const record = await publish();
  await expect.poll(() => box.asked().length).toBe(1);
  const [asked] = box.asked() as [PictureRequest];
  expect(new URL(asked.url).host).toBe(`${deploymentLabel(record.id, 'shop')}.${env.SITES_DOMAIN}`);
  expect(await shown(record.id)).toMatchObject({ picture: null });
  const path = `/api/deployments/${record.id}/picture`;
  expect((await request(path, { token: owner.token })).status).toBe(404);

  const answer = await box.deliver(record.id, { outcome: 'taken', id: asked.id, files: FILES });
  expect(answer.status).toBe(204);
  const { picture } = await shown(record.id);
  expect(picture).toMatch(`${env.PUBLIC_URL}${path}?v=`);
  const pathOfPicture = picture?.slice(env.PUBLIC_URL.length) ?? '';
  for (const [query, size] of [
    ['', 'wide'],
    ['&size=phone', 'phone'],
  ] as const) {
    const response = await request(pathOfPicture + query, { token: owner.token });
    expect(response.status).toBe(200);
    expect(response.headers.get('Content-Type')).toBe('image/webp');
    expect(response.headers.get('Cache-Control')).toBe('private, max-age=31536000, immutable');
    expect(response.headers.get('X-Content-Type-Options')).toBe('nosniff');
    expect(Buffer.from(await response.arrayBuffer()).toString('base64')).toBe(FILES[size]);
  }
  expect((await request(pathOfPicture)).status).toBe(401);
  expect((await request(`${path}?size=huge`, { token: owner.token })).status).toBe(400);

  // The app shows that of its release.
  const listed = await (await request('/api/apps', { token: owner.token })).json<{ items: unknown[] }>();
  expect(App.parse(listed.items[0]).picture).toBe(picture);
  const one = await request('/api/apps/shop', { token: owner.token });
  expect(App.parse(await one.json()).picture).toBe(picture);

  // A later event of the same deployment asks for no other one.
  await tell({ ...record, logKey: 'log' }, 2);
  expect(box.asked()).toHaveLength(1);

  const kept = await metadataOf(env).deployments.byId(record.id);
  if (kept === null) throw new Error('it is kept');
  await metadataOf(env).apps.update(app.id, { release: null });
  await removeParts(
    contentOf(kept),
    ['artifacts'],
    { env, metadata: metadataOf(env), objects: objectsOf(env) },
    new Date().toISOString(),
  );
  expect(await objectsOf(env).head(pictureKey(app.id, record.id, 'wide'))).toBeNull();
  expect((await shown(record.id)).picture).toBeNull();
  expect((await request(path, { token: owner.token })).status).toBe(404);
});

test('what publishes no site is never asked for', async () => {
  const box = await ready();
  await publish({ site: null });
  await publish({ status: 'failed' });
  const record = await publish();
  await expect.poll(() => box.asked().length).toBe(1);
  expect(box.asked().map(({ deploymentId }) => deploymentId)).toEqual([record.id]);
});

test('a runner that builds is asked when it has nothing else to do, and one that takes none never', async () => {
  const build = { deploymentId: '66f2a1c04b7e9d00000000aa', attempt: 1 };
  const box = await ready({ running: [build] });
  await publish();
  const other = await runner('silent');
  other.socket.hello({});
  other.socket.send({ type: 'disk', freeBytes: 9, totalBytes: 9, minFreeBytes: 1, low: false });
  await expect.poll(async () => (await env.POOLS.getByName(owner.user.id).online()).length).toBe(2);
  expect(box.asked()).toEqual([]);
  box.socket.send({ type: 'freed', ...build });
  await expect.poll(() => box.asked().length).toBe(1);
  expect(other.asked()).toEqual([]);
});

test('a failure is tried again, and what gave way to a build as often as needed', async () => {
  const box = await ready();
  const record = await publish();
  await expect.poll(() => box.asked().length).toBe(1);
  const deliver = async (outcome: object) => {
    const { id = '' } = box.asked().at(-1) ?? {};
    expect((await box.deliver(record.id, { id, ...outcome })).status).toBe(204);
  };
  await deliver({ outcome: 'returned' });
  await letTimePass(6_000);
  await expect.poll(() => box.asked().length).toBe(2);
  await deliver({ outcome: 'failed', reason: 'It answered with status 500' });
  await letTimePass(11_000);
  await expect.poll(() => box.asked().length).toBe(3);
  expect((await shown(record.id)).pictureError).toBe('It answered with status 500');
  await deliver({ outcome: 'failed', reason: 'It took \u202elonger\n than 60 seconds' });
  const left = await runInDurableObject(env.POOLS.getByName(owner.user.id), (_, { storage }) =>
    storage.sql.exec('SELECT * FROM pictures').toArray(),
  );
  expect(left).toEqual([]);
  expect(await shown(record.id)).toMatchObject({
    picture: null,
    pictureError: 'It took \ufffdlonger\ufffd than 60 seconds',
  });
});

test('only who was asked delivers, once, and only pictures', async () => {
  const box = await ready();
  const stranger = await runner('stranger');
  const record = await publish();
  await expect.poll(() => box.asked().length).toBe(1);
  const { id = '' } = box.asked()[0] ?? {};
  const taken = { outcome: 'taken', id, files: FILES };
  expect((await stranger.deliver(record.id, taken)).status).toBe(404);
  expect((await box.deliver('0'.repeat(24), taken)).status).toBe(404);
  expect((await box.deliver(record.id, { ...taken, id: 'another-request' })).status).toBe(404);
  const html = Buffer.from('<script>alert(1)</script>'.padEnd(64)).toString('base64');
  for (const files of [
    { ...FILES, wide: html },
    { wide: FILES.phone, phone: FILES.wide },
  ])
    expect((await box.deliver(record.id, { ...taken, files })).status).toBe(400);
  const huge = { ...FILES, wide: 'A'.repeat(140_000) };
  expect((await box.deliver(record.id, { ...taken, files: huge })).status).toBe(400);
  expect(
    (
      await request(`/api/deployments/${record.id}/picture`, {
        method: 'POST',
        token: owner.token,
        json: taken,
      })
    ).status,
  ).toBe(401);
  expect((await objectsOf(env).list(`apps/${app.id}/`)).keys).toEqual([]);
  expect((await box.deliver(record.id, taken)).status).toBe(204);
  expect((await box.deliver(record.id, taken)).status).toBe(404);
});

test('a private site opens for its picture: that deployment alone, on its host, for minutes', async () => {
  await metadataOf(env).apps.update(app.id, { access: { production: 'team', previews: 'password' } });
  const box = await ready();
  const record = await publish();
  const preview = await publish({ environment: 'preview' });
  await expect.poll(() => box.asked().length).toBe(1);
  const [asked] = box.asked() as [PictureRequest];
  const { name, value } = asked.cookie;

  /** The status that a visit is refused with; null if it may go on. */
  async function visit(
    of: DeploymentRecord | 'release',
    cookie = `${name}=${value}`,
  ): Promise<number | null> {
    const label = of === 'release' ? 'shop' : deploymentLabel(of.id, 'shop');
    const host = `${label}.${env.SITES_DOMAIN}`;
    const site = await resolveSite(host, { env });
    if (typeof site === 'string') throw new Error(`${host} is ${site}`);
    const answer = await admit(new Request(`http://${host}/`, { headers: { Cookie: cookie } }), site, env);
    return answer?.status ?? null;
  }
  expect(await visit(record)).toBeNull();
  expect(await visit(record, '')).toBe(401);
  expect(await visit(preview)).toBe(401);
  expect(await visit('release')).toBe(401);
  const now = Date.now;
  try {
    Date.now = () => now() + 3 * 60_000 + 1;
    expect(await visit(record)).toBe(401);
  } finally {
    Date.now = now;
  }
});
