/** The log and the analytics of an app's servers, over HTTP and as a WebSocket. */
import { env } from 'cloudflare:workers';
import {
  RUNTIME_SUBPROTOCOL,
  RuntimeAnalytics,
  RuntimeFrame,
  RuntimeLogPage,
  TOKEN_SUBPROTOCOL_PREFIX,
} from '@appflux/protocol';
import { beforeAll, expect, test } from 'vitest';
import { metadataOf } from '../metadata/index.ts';
import { newObjectId } from '../metadata/object-id.ts';
import { appRecord } from '../metadata/testing/sample-records.ts';
import { runtimeOf } from '../objects/runtime.ts';
import type { NewLine } from '../servers/runtime/store.ts';
import { forgetAll, request, signIn } from '../testing/worker.ts';

const DEPLOYMENT = newObjectId();
let token: string;
let slug: string;
let appId: string;
/** An app of another team. */
let foreign: string;

beforeAll(async () => {
  await forgetAll();
  const session = await signIn();
  token = session.access_token;
  const app = appRecord({ ownerId: session.user.id });
  const other = appRecord({ ownerId: crypto.randomUUID() });
  for (const one of [app, other]) await metadataOf(env).apps.insert(one);
  ({ slug, id: appId } = app);
  foreign = other.slug;
  await append('one', 'two', 'three');
});

const append = (...texts: string[]) =>
  runtimeOf(env, appId).append({
    id: crypto.randomUUID(),
    lines: texts.map(
      (text): NewLine => ({
        at: new Date().toISOString(),
        kind: 'console',
        level: text === 'two' ? 'error' : 'info',
        text,
        stack: null,
        request: null,
        cron: null,
        deploymentId: DEPLOYMENT,
        environment: 'production',
        place: null,
      }),
    ),
    counts: [
      {
        at: new Date().toISOString(),
        requests: 1,
        errors: 1,
        cpuMs: 0,
        durations: [[9, 1]],
        deploymentId: DEPLOYMENT,
        environment: 'production',
      },
    ],
  });

const logs = (query = '', of = slug) => request(`/api/apps/${of}/runtime/logs${query}`, { token });
const texts = async (query: string) =>
  RuntimeLogPage.parse(await (await logs(query)).json()).items.map(({ text }) => text);

test('pages are the newest lines, those after a number, and those before one', async () => {
  expect(await texts('?limit=2')).toEqual(['two', 'three']);
  expect(await texts('?after=1&limit=1')).toEqual(['two']);
  expect(await texts('?before=3')).toEqual(['one', 'two']);
  expect(await texts('?level=warn')).toEqual(['two']);
  expect(await texts(`?environment=preview&deploymentId=${DEPLOYMENT}`)).toEqual([]);
});

test.each(['?after=1&before=3', '?after=-1', '?level=loud', '?limit=1001', '?deploymentId=x', '?what=1'])(
  'the query %s is refused',
  async (query) => {
    expect((await logs(query)).status).toBe(400);
  },
);

test('analytics have every hour that was asked for', async () => {
  const answer = await request(`/api/apps/${slug}/runtime/analytics?hours=3`, { token });
  const { hours, totals } = RuntimeAnalytics.parse(await answer.json());
  expect(hours).toHaveLength(3);
  expect(totals).toMatchObject({ requests: 1, errors: 1, p50Ms: expect.any(Number) });
  expect((await request(`/api/apps/${slug}/runtime/analytics?hours=841`, { token })).status).toBe(400);
});

test('an app of another team has no log here, live neither', async () => {
  expect((await logs('', foreign)).status).toBe(404);
  expect((await request(`/api/apps/${foreign}/runtime/analytics`, { token })).status).toBe(404);
  expect((await upgrade(foreign)).status).toBe(404);
  expect((await request(`/api/apps/${slug}/runtime/logs`)).status).toBe(401);
});

const upgrade = (of: string, query = '') =>
  request(`/api/apps/${of}/runtime/logs${query}`, {
    headers: {
      Upgrade: 'websocket',
      'Sec-WebSocket-Protocol': `${RUNTIME_SUBPROTOCOL}, ${TOKEN_SUBPROTOCOL_PREFIX}${token}`,
    },
  });

test('the live log goes on from a number', async () => {
  const answer = await upgrade(slug, '?after=2');
  expect(answer.status).toBe(101);
  expect(answer.headers.get('Sec-WebSocket-Protocol')).toBe(RUNTIME_SUBPROTOCOL);
  const lines: string[] = [];
  answer.webSocket?.addEventListener('message', ({ data }) => {
    const frame = RuntimeFrame.parse(JSON.parse(String(data)));
    if (frame.type === 'lines') lines.push(...frame.lines.map(({ text }) => text));
  });
  answer.webSocket?.accept();
  await append('four');
  await expect.poll(() => lines).toEqual(['three', 'four']);
  answer.webSocket?.close(1000);
  expect((await upgrade(slug, '?level=loud')).status).toBe(400);
});
