/** What must not get in, and what belongs to another team: over HTTP, by people and by programs. */
import { env } from 'cloudflare:workers';
import type { App, ErrorBody } from '@appflux/protocol';
import { beforeAll, expect, test } from 'vitest';
import { metadataOf } from '../metadata/index.ts';
import { newObjectId } from '../metadata/object-id.ts';
import {
  deploymentRecord,
  runnerRecord,
  tokenRecord,
  uploadRecord,
} from '../metadata/testing/sample-records.ts';
import { founder, type SignedIn } from '../testing/people.ts';
import { type Asked, forgetAll, request } from '../testing/worker.ts';
import { api } from './index.ts';

let owner: SignedIn;
let stranger: SignedIn;

beforeAll(async () => {
  await forgetAll();
  owner = await founder();
  stranger = await founder();
});

const as = (person: SignedIn, method: string, path: string, json?: unknown) => {
  const asked: Asked = { method, token: person.token, ...(json === undefined ? {} : { json }) };
  return request(path, asked);
};
const create = (json: object) => as(owner, 'POST', '/api/apps', { source: { provider: 'upload' }, ...json });
const errorOf = async (response: Response) => (await response.json<ErrorBody>()).error;

test('a registration token registers one runner, however many use it at the same time', async () => {
  const made = await as(owner, 'POST', '/api/runners/tokens');
  const { token } = await made.json<{ token: string }>();
  const register = (name: string) =>
    request('/api/runners/register', {
      method: 'POST',
      json: { token, name, labels: [], slots: 1, version: '1' },
    });
  const answers = await Promise.all(['one', 'two', 'three'].map(register));
  expect(answers.map(({ status }) => status).sort()).toEqual([201, 401, 401]);
  expect((await register('four')).status).toBe(401);
});

test('an app name with markup is a name like any other: kept as it is, told as JSON, harmless as a slug', async () => {
  const name = '<img src=x onerror=alert(1)>"\'&';
  const response = await create({ name });
  expect(response.status).toBe(201);
  expect(response.headers.get('Content-Type')).toContain('application/json');
  expect(response.headers.get('X-Content-Type-Options')).toBe('nosniff');
  const app = await response.json<App>();
  expect(app.name).toBe(name);
  expect(app.slug).toBe('img-src-x-onerror-alert-1');
  const page = await request(`/a/${app.slug}`);
  expect(await page.text()).not.toContain('<img src=x');
});

test('a slug is taken once, by whatever team', async () => {
  await create({ name: 'Shop', slug: 'shop' });
  for (const person of [owner, stranger]) {
    const json = { name: 'Other', slug: 'shop', source: { provider: 'upload' } };
    const response = await as(person, 'POST', '/api/apps', json);
    expect([response.status, (await errorOf(response)).code]).toEqual([409, 'slug_taken']);
  }
});

test.each(['api', 'auth', 'hooks', 'www', 'admin'])(
  'the slug %s is kept for AppFlux itself',
  async (slug) => {
    expect((await create({ name: 'X', slug })).status).toBe(422);
  },
);

test.each(['-a', 'a--b', 'A', 'a.b', '../a', 'a b', 'ä', '', 'x'.repeat(41)])(
  'no slug: "%s"',
  async (slug) => {
    const response = await create({ name: 'X', slug });
    expect([response.status, (await errorOf(response)).issues?.[0]?.path]).toEqual([400, 'slug']);
  },
);

test.each(['PATH', 'LD_PRELOAD', 'BASH_ENV', 'APPFLUX_URL'])(
  'no name that is reserved: "%s"',
  async (name) => {
    await create({ name: 'Reserved', slug: 'reserved' });
    for (const path of [`/api/apps/reserved/env/${name}`, `/api/apps/reserved/files/${name}`]) {
      const response = await as(
        owner,
        'PUT',
        path,
        path.includes('/env/') ? { value: 'x' } : { content: 'eA==' },
      );
      expect([response.status, (await errorOf(response)).issues?.[0]?.message]).toEqual([
        400,
        expect.stringContaining('This name is reserved. Reserved are PATH,'),
      ]);
      // One that an earlier version accepted can still be deleted.
      expect((await as(owner, 'DELETE', path)).status).not.toBe(400);
    }
    expect((await create({ name: 'More', slug: 'more', envVars: { [name]: 'x' } })).status).toBe(400);
  },
);

test.each(['2FAST', 'A-B', 'A B', 'A=B', 'ÄPFEL', 'A.B', '$(id)', 'x'.repeat(129)])(
  'no variable name: "%s"',
  async (name) => {
    await create({ name: 'Variables', slug: 'variables' });
    const path = `/api/apps/variables/env/${encodeURIComponent(name)}`;
    expect((await as(owner, 'PUT', path, { value: 'x' })).status).toBe(400);
    expect((await create({ name: 'More', slug: 'more', envVars: { [name]: 'x' } })).status).toBe(400);
  },
);

test.each([
  ['a name', { name: { $gt: '' } }],
  ['a slug', { name: 'X', slug: { $ne: null } }],
  ['a type', { name: 'X', type: { $in: ['web'] } }],
  ['a source', { name: 'X', source: { $where: '1' } }],
])('an operator of a database in place of %s is refused', async (_title, json) => {
  expect((await create(json)).status).toBe(400);
});

/** The lists that there are, of an app where they are of one. */
async function lists(slug: string): Promise<string[]> {
  type Document = { paths: Record<string, { get?: { parameters?: { name: string }[] } }> };
  const { paths } = await (await request('/api/openapi.json')).json<Document>();
  return Object.entries(paths)
    .filter(([, { get }]) => get?.parameters?.some(({ name }) => name === 'cursor'))
    .map(([path]) => path.replace('{slug}', slug));
}

test('a cursor that no list gave is refused by every list', async () => {
  await create({ name: 'Lists', slug: 'lists' });
  const there = await lists('lists');
  expect(there).toEqual(expect.arrayContaining(['/api/apps', '/api/apps/lists/deployments', '/api/audit']));
  for (const path of there) {
    for (const cursor of ['x', '0', "' OR 1=1 --", '{"$gt":""}', 'f'.repeat(25)]) {
      const response = await as(owner, 'GET', `${path}?cursor=${encodeURIComponent(cursor)}`);
      expect(response.status, `${path} ${cursor}`).toBe(400);
    }
    expect((await as(owner, 'GET', `${path}?limit=1000000`)).status, path).toBe(400);
  }
});

test('a cursor of somebody else’s list shows nothing of theirs', async () => {
  await create({ name: 'Hidden', slug: 'hidden' });
  const cursor = newObjectId(Date.now() + 3_600_000);
  for (const path of ['/api/apps', '/api/audit']) {
    const page = await as(stranger, 'GET', `${path}?cursor=${cursor}`);
    expect(await page.json()).toEqual({ items: [], nextCursor: null });
  }
});

/** What a call needs for its input to be as it should be. */
const BODIES: Record<string, (ids: { deployment: string }) => unknown> = {
  'PATCH /api/apps/:slug': () => ({ name: 'Mine' }),
  'PUT /api/apps/:slug/env/:name': () => ({ value: 'x' }),
  'PUT /api/apps/:slug/files/:name': () => ({ content: 'AAAA' }),
  'POST /api/apps/:slug/release': ({ deployment }) => ({ deploymentId: deployment }),
  'POST /api/apps/:slug/deploy-hooks': () => ({ name: 'x' }),
  'PATCH /api/members/:userId': () => ({ role: 'viewer' }),
  'PUT /api/apps/:slug/schedules': () => [{ cron: '@daily' }],
  'PUT /api/apps/:slug/source/credential': () => ({ kind: 'token', token: 'x' }),
  'POST /api/uploads/:id/complete': () => ({ parts: [{ partNumber: 1, etag: 'x' }] }),
};

/** Every call about one thing that a team has. What the operator and runners call is asked for elsewhere. */
const aboutOne = [
  ...new Set(
    api.routes
      .filter(({ method, path }) => method !== 'ALL' && /^\/api\/(?!ops\/)[^:]*:/.test(path))
      .map(({ method, path }) => `${method} ${path.replace(/\{.*?\}$/, '')}`),
  ),
].filter((route) => !route.includes('/attempts/') && !route.includes('/api/device/'));

test('what belongs to another team is not there, whatever is done to it', async () => {
  const metadata = metadataOf(env);
  await create({ name: 'Secret plans', slug: 'secret-plans' });
  const app = await metadata.apps.bySlug('secret-plans');
  if (app === null) throw new Error('The app was not created');
  const deployment = deploymentRecord(app);
  await metadata.deployments.project(deployment, 1);
  const ownerId = owner.user.id;
  const runner = runnerRecord({ ownerId });
  await metadata.runners.insert(runner);
  const upload = uploadRecord({ ownerId });
  await metadata.uploads.insert(upload);
  const token = tokenRecord({ ownerId });
  await metadata.tokens.insert(token);
  const hook = tokenRecord({ ownerId, kind: 'deploy_hook', appId: app.id });
  await metadata.tokens.insert(hook);
  const invitation = tokenRecord({ ownerId, kind: 'invitation' });
  await metadata.tokens.insert(invitation);
  const ids: Record<string, string> = {
    deployments: deployment.id,
    runners: runner.id,
    uploads: upload.id,
    tokens: token.id,
    'deploy-hooks': hook.id,
    invitations: invitation.id,
  };

  const answers: [string, number][] = [];
  for (const route of aboutOne) {
    const [method = '', pattern = ''] = route.split(' ');
    const path = pattern
      .replace(':slug', 'secret-plans')
      .replace(':owner/:name', 'octo/site')
      .replace(':name', 'A')
      .replace(':userId', ownerId)
      .replace(/\/comparison$/, `/comparison?with=${deployment.id}`)
      .replace(/([\w-]+)\/:id/, (whole, of: string) => `${of}/${ids[of] ?? whole}`);
    const json =
      method === 'GET' || method === 'DELETE'
        ? undefined
        : (BODIES[route]?.({ deployment: deployment.id }) ?? {});
    const response = await request(path, {
      method,
      token: stranger.token,
      headers: { Upgrade: 'websocket' },
      ...(json === undefined ? {} : { json }),
    });
    answers.push([route, response.status]);
  }
  expect(answers.filter(([, status]) => status !== 404)).toEqual([]);
  expect((await as(stranger, 'POST', '/api/deploy', { appId: app.id })).status).toBe(404);
  expect(await metadata.apps.byId(app.id)).toEqual(app);
  expect(await metadata.deployments.byId(deployment.id)).toMatchObject(deployment);
  expect(await metadata.runners.byId(runner.id)).toEqual(runner);
  for (const { kind, id } of [token, hook, invitation])
    expect(await metadata.tokens.byId(ownerId, kind, id)).not.toBeNull();
});
