/** What must not get in, and what belongs to another team: over HTTP, by people and by programs. */
import { env } from 'cloudflare:workers';
import type { App, ErrorBody } from '@appflux/protocol';
import { beforeAll, expect, test } from 'vitest';
import { metadataOf } from '../metadata/index.ts';
import { newObjectId } from '../metadata/object-id.ts';
import { deploymentRecord, runnerRecord } from '../metadata/sample-records.ts';
import { type Asked, forgetAll, request } from '../testing.ts';
import { founder, type SignedIn } from '../testing-people.ts';

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

test('what belongs to another team is not there, whatever is done to it', async () => {
  const metadata = metadataOf(env);
  await create({ name: 'Secret plans', slug: 'secret-plans' });
  const app = await metadata.apps.bySlug('secret-plans');
  if (app === null) throw new Error('The app was not created');
  const deployment = deploymentRecord(app);
  await metadata.deployments.project(deployment, 1);
  const runner = runnerRecord({ ownerId: owner.user.id });
  await metadata.runners.insert(runner);
  const theirs: [string, string, unknown?][] = [
    ['GET', '/api/apps/secret-plans'],
    ['PATCH', '/api/apps/secret-plans', { name: 'Mine' }],
    ['DELETE', '/api/apps/secret-plans'],
    ['PUT', '/api/apps/secret-plans/env/A', { value: 'x' }],
    ['DELETE', '/api/apps/secret-plans/env/A'],
    ['POST', '/api/apps/secret-plans/release', { deploymentId: deployment.id }],
    ['GET', '/api/apps/secret-plans/deployments'],
    ['POST', '/api/apps/secret-plans/deployments', {}],
    ['POST', '/api/deploy', { appId: app.id }],
    ['GET', '/api/apps/secret-plans/deploy-hooks'],
    ['POST', '/api/apps/secret-plans/deploy-hooks', { name: 'x' }],
    ['DELETE', `/api/apps/secret-plans/deploy-hooks/${newObjectId()}`],
    ['GET', `/api/deployments/${deployment.id}`],
    ['POST', `/api/deployments/${deployment.id}/cancel`],
    ['POST', `/api/deployments/${deployment.id}/redeploy`, {}],
    ['GET', `/api/deployments/${deployment.id}/artifacts`],
    ['GET', `/api/deployments/${deployment.id}/logs`],
    ['GET', `/api/deployments/${deployment.id}/logs.ndjson`],
    ['POST', `/api/runners/${runner.id}/drain`, {}],
    ['DELETE', `/api/runners/${runner.id}`],
    ['PATCH', `/api/members/${owner.user.id}`, { role: 'viewer' }],
    ['DELETE', `/api/members/${owner.user.id}`],
  ];
  for (const [method, path, json] of theirs) {
    const { status } = await as(stranger, method, path, json);
    expect(status, `${method} ${path}`).toBe(404);
  }
  expect(await metadata.apps.byId(app.id)).toEqual(app);
  expect(await metadata.runners.byId(runner.id)).toEqual(runner);
});
