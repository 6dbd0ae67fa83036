import { runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { LOGS_SUBPROTOCOL, type LogLine, LogPage, type ViewerFrame } from '@appflux/protocol';
import { beforeEach, expect, test } from 'vitest';
import { sampleSpec } from '../deployment/testing/sample-spec.ts';
import { lineOf, noise } from '../logs/archive/given-logs.ts';
import { LogStore } from '../logs/store.ts';
import { metadataOf } from '../metadata/index.ts';
import { newObjectId } from '../metadata/object-id.ts';
import { appRecord } from '../metadata/testing/sample-records.ts';
import { forgetAll, request, signIn } from '../testing/worker.ts';

beforeEach(forgetAll);

/** A deployment that waits, of somebody who is signed in. */
async function waiting() {
  const { access_token: token, user } = await signIn();
  const app = appRecord({ ownerId: user.id });
  await metadataOf(env).apps.insert(app);
  const spec = sampleSpec({
    id: newObjectId(),
    ownerId: app.ownerId,
    app: { id: app.id, slug: app.slug, name: app.name },
    createdAt: Date.now(),
  });
  const stub = env.DEPLOYMENTS.getByName(spec.id);
  const { record, seq } = await stub.create(spec);
  await metadataOf(env).deployments.project(record, seq);
  return { token, id: spec.id, stub };
}

/** The whole log, page by page. */
async function pages(id: string, token: string, limit: number): Promise<LogPage[]> {
  const all: LogPage[] = [];
  for (let after = 0; ; ) {
    const answer = await request(`/api/deployments/${id}/logs?after=${after}&limit=${limit}`, { token });
    expect(answer.status).toBe(200);
    const page = LogPage.parse(await answer.json());
    all.push(page);
    after = page.items.at(-1)?.seq ?? page.lastSeq;
    if (after === page.lastSeq) return all;
  }
}

test('a log of the longest lines is read in pages of 10,000, live and archived: each has what fits into an answer', async () => {
  const { token, id, stub } = await waiting();
  const lines: LogLine[] = Array.from({ length: 2500 }, (_, index) =>
    lineOf(index + 1, noise(16_384, index)),
  );
  await runInDurableObject(stub, (_, { storage }) => {
    const log = new LogStore(storage.sql, 64_000_000);
    for (let from = 0; from < lines.length; from += 20) log.append(lines.slice(from, from + 20), Date.now());
    log.flush();
  });
  const live = await pages(id, token, 10_000);
  expect(live.length).toBeGreaterThan(5);
  expect(live[0]).toMatchObject({ lastSeq: 2500, ended: false });
  expect(live.flatMap(({ items }) => items.map(({ seq }) => seq))).toEqual(lines.map(({ seq }) => seq));

  await stub.cancel('as asked');
  await expect
    .poll(async () => (await stub.snapshot())?.record.logKey, { timeout: 20_000 })
    .toEqual(expect.any(String));
  const archived = await pages(id, token, 10_000);
  const texts = archived.flatMap(({ items }) => items.map(({ text }) => text));
  expect(archived.at(-1)).toMatchObject({ lastSeq: 2501, ended: true });
  expect(texts.slice(0, 2500).join() === lines.map(({ text }) => text).join()).toBe(true);
  expect(texts[2500]).toContain('as asked');
});

test.each([
  ['no token, from a foreign page', { Origin: 'https://evil.example' }, 401],
  [
    'cookies only, from a foreign page',
    { Origin: 'https://evil.example', Cookie: `sb-access-token=${'x'.repeat(40)}` },
    401,
  ],
  [
    'cookies only, from the dashboard itself',
    { Origin: env.PUBLIC_URL, Cookie: `sb-access-token=${'x'.repeat(40)}` },
    401,
  ],
])(
  'a WebSocket with %s is refused: nothing that a browser sends by itself opens a log',
  async (_with, headers, status) => {
    const { id, token } = await waiting();
    const cookie = 'Cookie' in headers ? { Cookie: `sb-access-token=${token}` } : {};
    const answer = await request(`/api/deployments/${id}/logs/live?after=0`, {
      headers: { Upgrade: 'websocket', 'Sec-WebSocket-Protocol': LOGS_SUBPROTOCOL, ...headers, ...cookie },
    });
    expect(answer.status).toBe(status);
    expect(answer.webSocket ?? null).toBeNull();
  },
);

test('a log that is archived before metadata knows of it is followed all the same', async () => {
  const { token, id, stub } = await waiting();
  await runInDurableObject(stub, (instance) => {
    const broken = { ...env, EVENT_QUEUE: { send: () => Promise.reject(new Error('the queue is down')) } };
    Object.assign(instance, { env: broken });
  });
  await stub.cancel('as asked');
  await expect.poll(async () => (await stub.snapshot())?.record.logKey).toEqual(expect.any(String));

  const answer = await request(`/api/deployments/${id}/logs/live?after=0`, {
    token,
    headers: { Upgrade: 'websocket', 'Sec-WebSocket-Protocol': LOGS_SUBPROTOCOL },
  });
  const frames: ViewerFrame[] = [];
  answer.webSocket?.addEventListener('message', ({ data }) => {
    frames.push(JSON.parse(String(data)));
  });
  answer.webSocket?.accept();
  await expect.poll(() => frames.map(({ type }) => type)).toEqual(['state', 'lines', 'end']);
  expect(frames[1]).toMatchObject({ lines: [{ seq: 1, text: expect.stringContaining('as asked') }] });
});

test('an archived log has an outline; before that it is said to be not archived yet', async () => {
  const { token, id, stub } = await waiting();
  await runInDurableObject(stub, (_, { storage }) => {
    const log = new LogStore(storage.sql, 64_000_000);
    log.append(
      [lineOf(1, 'one', 'preparing'), lineOf(2, 'two', null), lineOf(3, 'three', 'building')],
      Date.now(),
    );
    log.flush();
  });
  const early = await request(`/api/deployments/${id}/logs/outline`, { token });
  expect(early.status).toBe(409);
  expect(await early.json()).toMatchObject({ error: { code: 'log_not_archived', hint: expect.any(String) } });

  await stub.cancel('as asked');
  await expect.poll(async () => (await stub.snapshot())?.record.logKey).toEqual(expect.any(String));
  const outline = await request(`/api/deployments/${id}/logs/outline`, { token });
  expect(await outline.json()).toMatchObject({
    lastSeq: 4,
    sections: [
      { phase: 'preparing', firstSeq: 1, lines: 2 },
      { phase: 'building', firstSeq: 3, lines: 2 },
    ],
  });
  expect((await request(`/api/deployments/${id}/logs/outline`)).status).toBe(401);
});

test('a browser caches an archived log, revalidates it each time and gets 304; a growing log is not cached', async () => {
  const { token, id, stub } = await waiting();
  const paths = ['logs?after=0&limit=5', 'logs/outline', 'logs.ndjson'].map(
    (path) => `/api/deployments/${id}/${path}`,
  );
  const growing = await request(paths[0] ?? '', { token });
  expect(growing.headers.get('Cache-Control')).toBe('no-store');
  expect(growing.headers.get('ETag')).toBeNull();

  await stub.cancel('as asked');
  await expect.poll(async () => (await stub.snapshot())?.record.logKey).toEqual(expect.any(String));
  for (const path of paths) {
    const first = await request(path, { token });
    expect(first.status).toBe(200);
    expect(first.headers.get('Cache-Control')).toBe('private, no-cache');
    expect(first.headers.get('Vary')).toContain('Authorization');
    const etag = first.headers.get('ETag') ?? '';
    const again = await request(path, { token, headers: { 'If-None-Match': etag } });
    expect(again.status).toBe(304);
    expect(again.headers.get('ETag')).toBe(etag);
    expect((await request(path, { token, headers: { 'If-None-Match': '"another"' } })).status).toBe(200);
    expect((await request(path, { headers: { 'If-None-Match': etag } })).status).toBe(401);
  }
});

test.each([
  ['gzip', true],
  ['br, gzip', true],
  ['gzip;q=0.5, identity', true],
  ['gzip;q=0', false],
  ['br', false],
  ['', false],
])('a whole archived log, asked for with Accept-Encoding: %s', async (accepted, packed) => {
  const { token, id, stub } = await waiting();
  await stub.cancel('as asked');
  await expect.poll(async () => (await stub.snapshot())?.record.logKey).toEqual(expect.any(String));
  const answer = await request(`/api/deployments/${id}/logs.ndjson`, {
    token,
    headers: { 'Accept-Encoding': accepted },
  });
  expect(answer.headers.get('Content-Encoding')).toBe(packed ? 'gzip' : null);
  expect(await answer.text()).toMatch(/^\{"seq":1,.*as asked.*\}\n$/);
});
