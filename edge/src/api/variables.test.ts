import { env } from 'cloudflare:workers';
import { App, Deployment, type VariableInfo } from '@appflux/protocol';
import { beforeEach, expect, test } from 'vitest';
import { metadataOf } from '../metadata/index.ts';
import { newObjectId } from '../metadata/object-id.ts';
import { createSealer, variableLabel } from '../secrets/sealing.ts';
import { forgetAll, request, signIn } from '../testing/worker.ts';

let token: string;

beforeEach(async () => {
  await forgetAll();
  token = (await signIn()).access_token;
});

const source = { provider: 'git', repoUrl: 'https://git.example/team/site.git', branch: 'main' };

async function newApp(envVars: object = {}): Promise<App> {
  const json = { name: 'Site', source, envVars };
  const response = await request('/api/apps', { method: 'POST', token, json });
  expect(response.status).toBe(201);
  return App.parse(await response.json());
}

const set = (name: string, json: object) =>
  request(`/api/apps/site/env/${name}`, { method: 'PUT', token, json });

async function variables(): Promise<VariableInfo[]> {
  return App.parse(await (await request('/api/apps/site', { token })).json()).envVars;
}

const flag = async (name: string) => (await variables()).find((variable) => variable.name === name);

/** What a runner gets for a new deployment. */
async function claimed(environment = 'production') {
  const path = '/api/apps/site/deployments';
  const response = await request(path, { method: 'POST', token, json: { environment } });
  const { id } = Deployment.parse(await response.json());
  const answer = await env.DEPLOYMENTS.getByName(id).claim({ id: newObjectId(), name: 'one' });
  if ('refused' in answer) throw new Error(`refused: ${answer.refused}`);
  return { variables: answer.granted.job.variables, sensitive: answer.sensitive.sort() };
}

test('an App is created with variables as values or with their environments and sensitivity', async () => {
  const app = await newApp({
    MODE: 'production',
    API_TOKEN: 'abc',
    REGION: { value: 'eu', environments: ['preview'] },
    STAGE: { value: 'build', sensitive: true },
    API_KEY: { value: 'demo', sensitive: false },
    SITE_KEY: { value: 'demo', sensitive: null },
  });
  const all: VariableInfo['environments'] = ['production', 'preview'];
  const updatedAt: unknown = expect.stringMatching(/^\d{4}-.*Z$/);
  expect(app.envVars).toEqual([
    { name: 'MODE', environments: all, sensitive: false, automatic: true, updatedAt },
    { name: 'API_TOKEN', environments: all, sensitive: true, automatic: true, updatedAt },
    { name: 'REGION', environments: ['preview'], sensitive: false, automatic: true, updatedAt },
    { name: 'STAGE', environments: all, sensitive: true, automatic: false, updatedAt },
    { name: 'API_KEY', environments: all, sensitive: false, automatic: false, updatedAt },
    { name: 'SITE_KEY', environments: all, sensitive: true, automatic: true, updatedAt },
  ]);
  expect(await claimed()).toEqual({
    variables: { MODE: 'production', API_TOKEN: 'abc', STAGE: 'build', API_KEY: 'demo', SITE_KEY: 'demo' },
    sensitive: ['API_TOKEN', 'SITE_KEY', 'STAGE'],
  });
  expect((await claimed('preview')).sensitive).toEqual(['API_TOKEN', 'SITE_KEY', 'STAGE']);
});

test('neither kind is given back or kept in the clear', async () => {
  await newApp({ MODE: 'a-plain-value', TOKEN: 'a-secret-value' });
  await set('FLAVOR', { value: 'another-plain-value', sensitive: false });
  const answers = await (await request('/api/apps', { token })).text();
  const { results } = await env.METADATA.prepare('SELECT * FROM apps').all();
  expect(answers + JSON.stringify(results)).not.toMatch(/plain-value|secret-value/);
});

test('a choice stays when a new value is set, until another choice or null replaces it', async () => {
  await newApp();
  await set('STAGE', { value: 'build', sensitive: true });
  await set('STAGE', { value: 'test' });
  expect(await flag('STAGE')).toMatchObject({ sensitive: true, automatic: false });
  await set('STAGE', { value: 'test', sensitive: null });
  expect(await flag('STAGE')).toMatchObject({ sensitive: false, automatic: true });
  await set('STAGE', { value: 'https://user:password@example.com' });
  expect(await flag('STAGE')).toMatchObject({ sensitive: true, automatic: true });
  await set('STAGE', { value: 'build' });
  expect(await flag('STAGE')).toMatchObject({ sensitive: false, automatic: true });
  await set('STAGE', { value: 'https://user:password@example.com', sensitive: false });
  expect((await claimed()).sensitive).toEqual([]);
});

test('of a variable that is older than the choice it is decided when a build gets it', async () => {
  const { id } = await newApp();
  const seal = (name: string, value: string) => createSealer(env).seal(value, variableLabel(id, name));
  for (const [name, value] of [
    ['MODE', 'production'],
    ['STAGE', 'postgres://app:password@db/app'],
  ] as const) {
    const variable = { sealed: await seal(name, value), environments: ['production' as const] };
    await metadataOf(env).apps.setVariable(id, name, variable);
  }
  expect(await flag('MODE')).toMatchObject({ sensitive: null, automatic: true, updatedAt: null });
  expect((await claimed()).sensitive).toEqual(['STAGE']);
  await set('MODE', { value: 'production', sensitive: true });
  expect((await claimed()).sensitive).toEqual(['MODE', 'STAGE']);
});

test('what is neither true, false nor null is refused', async () => {
  await newApp();
  expect((await set('MODE', { value: 'x', sensitive: 'yes' })).status).toBe(400);
  expect(await variables()).toEqual([]);
});

const change = (name: string, json: object) =>
  request(`/api/apps/site/env/${name}`, { method: 'PATCH', token, json });

test('a variable is changed without its value', async () => {
  const { envVars } = await newApp({ STAGE: { value: 'build', environments: ['production'] } });
  const before = envVars[0]?.updatedAt ?? '';
  expect((await change('STAGE', { environments: ['production', 'preview'] })).status).toBe(204);
  expect(await flag('STAGE')).toMatchObject({
    environments: ['production', 'preview'],
    sensitive: false,
    automatic: true,
  });
  expect((await claimed('preview')).variables).toEqual({ STAGE: 'build' });
  expect((await change('STAGE', { sensitive: true })).status).toBe(204);
  const changed = await flag('STAGE');
  expect(changed).toMatchObject({
    environments: ['production', 'preview'],
    sensitive: true,
    automatic: false,
  });
  expect(Date.parse(changed?.updatedAt ?? '')).toBeGreaterThanOrEqual(Date.parse(before));
  expect(await claimed()).toEqual({ variables: { STAGE: 'build' }, sensitive: ['STAGE'] });
});

test('a hidden value is shown only after it is set again', async () => {
  await newApp({ TOKEN: { value: 'abc', sensitive: true } });
  for (const sensitive of [false, null]) {
    const refused = await change('TOKEN', { sensitive });
    expect(refused.status).toBe(400);
    expect(await refused.text()).toContain('set again');
  }
  expect(await flag('TOKEN')).toMatchObject({ sensitive: true });
  expect((await set('TOKEN', { value: 'abc', sensitive: false })).status).toBe(204);
  expect(await flag('TOKEN')).toMatchObject({ sensitive: false });
});

test('a change needs a variable, a member to change and an environment, and takes no value', async () => {
  await newApp({ STAGE: 'build' });
  const before = await variables();
  expect((await change('OTHER', { sensitive: true })).status).toBe(404);
  for (const json of [
    {},
    { environments: [] },
    { environments: ['staging'] },
    { value: 'x', sensitive: true },
  ])
    expect([json, (await change('STAGE', json)).status]).toEqual([json, 400]);
  expect(await variables()).toEqual(before);
  expect((await claimed()).variables).toEqual({ STAGE: 'build' });
});
