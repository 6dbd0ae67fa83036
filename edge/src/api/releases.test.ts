/** Manual releases, locks, promoted previews, and who may open what an app publishes. */
import { env } from 'cloudflare:workers';
import { App, ArtifactLink, Deployment, type Environment, ErrorBody } from '@appflux/protocol';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Spec } from '../deployment/state.ts';
import { sampleSpec } from '../deployment/testing/sample-spec.ts';
import { metadataOf } from '../metadata/index.ts';
import type { AppRecord, DeploymentRecord } from '../metadata/metadata.ts';
import { deploymentOf } from '../objects/deployments.ts';
import { givenApp, givenDeployment } from '../publish/testing/published.ts';
import { createSealer } from '../secrets/sealing.ts';
import { sealVariable } from '../secrets/variable.ts';
import { founder, memberOf, type SignedIn } from '../testing/people.ts';
import { forgetAll, request, requestWith } from '../testing/worker.ts';

let owner: SignedIn;
let app: AppRecord;
const metadata = metadataOf(env);

beforeAll(async () => {
  await forgetAll();
  owner = await founder();
});
beforeEach(async () => {
  app = await givenApp({ ownerId: owner.user.id });
});

const call = (method: string, path: string, json?: unknown, token = owner.token) =>
  request(path, { method, token, ...(json === undefined ? {} : { json }) });
const patch = (json: unknown) => call('PATCH', `/api/apps/${app.slug}`, json);
const release = async (id: string) => {
  const response = await call('POST', `/api/apps/${app.slug}/release`, { deploymentId: id });
  expect(response.status).toBe(200);
  return App.parse(await response.json());
};
const codeOf = async (response: Response) => ErrorBody.parse(await response.json()).error.code;
const current = async () => App.parse(await (await call('GET', `/api/apps/${app.slug}`)).json());
const actions = async () => {
  const { items } = await metadata.audit.list(owner.user.id, { limit: 100 });
  return items.filter(({ target }) => target?.name.startsWith(app.slug)).map(({ action }) => action);
};

describe('a release', () => {
  test('keeps the one before it, which undoes it', async () => {
    const first = await givenDeployment(app, { 'a.apk': '1' });
    const second = await givenDeployment(app, { 'a.apk': '2' });
    const before = await current();
    expect(before).toMatchObject({ release: second.id, previousRelease: first.id });
    const back = await release(first.id);
    expect(back).toMatchObject({ release: first.id, previousRelease: second.id });
    expect(Date.parse(back.releasedAt ?? '')).toBeGreaterThanOrEqual(Date.parse(before.releasedAt ?? ''));
    expect(await release(back.previousRelease ?? '')).toMatchObject({ release: second.id });
    expect(await actions()).toEqual(['release.set', 'release.set']);
  });

  test('that someone else has changed meanwhile stays', async () => {
    const first = await givenDeployment(app, { 'a.apk': '1' });
    const second = await givenDeployment(app, { 'a.apk': '2' });
    const path = `/api/apps/${app.slug}/release`;
    const late = await call('POST', path, { deploymentId: first.id, from: first.id });
    expect([late.status, await codeOf(late)]).toEqual([409, 'release_changed']);
    expect(await codeOf(await call('POST', path, { deploymentId: first.id, from: null }))).toBe(
      'release_changed',
    );
    expect(await current()).toMatchObject({ release: second.id, previousRelease: first.id });
    const inTime = await call('POST', path, { deploymentId: first.id, from: second.id });
    expect(App.parse(await inTime.json())).toMatchObject({ release: first.id, previousRelease: second.id });
    expect(await codeOf(await call('POST', path, { deploymentId: first.id, from: 'x' }))).toBe('bad_request');
  });

  test('that is locked changes manually only', async () => {
    const first = await givenDeployment(app, { 'a.apk': '1' });
    const lock = `/api/apps/${app.slug}/release/lock`;
    for (let time = 0; time < 2; time += 1)
      expect(App.parse(await (await call('POST', lock)).json()).releaseLocked).toBe(true);
    const second = await givenDeployment(app, { 'a.apk': '2' });
    expect(await current()).toMatchObject({ release: first.id, releaseLocked: true });
    expect(await release(second.id)).toMatchObject({ release: second.id, releaseLocked: true });
    expect(App.parse(await (await call('DELETE', lock)).json()).releaseLocked).toBe(false);
    const third = await givenDeployment(app, { 'a.apk': '3' });
    expect((await current()).release).toBe(third.id);
    expect((await actions()).toSorted()).toEqual(['release.lock', 'release.set', 'release.unlock']);
  });

  test('is not automatic if the app says so, and tells then what the app is', async () => {
    expect(App.parse(await (await patch({ autoRelease: false })).json()).autoRelease).toBe(false);
    const { id } = await givenDeployment(app, { 'a.apk': '1' });
    expect(await current()).toMatchObject({ release: null, detectedType: null });
    expect(await release(id)).toMatchObject({ release: id });
  });
});

test('an app has the URL of its site if its release is one', async () => {
  const site = { kind: 'static', files: 1, bytes: 1, newFiles: 1, newBytes: 1 } as const;
  const files = await givenDeployment(app, { 'a.apk': '1' });
  const published = await givenDeployment(app, {}, { site });
  const url = `http://${app.slug}.${env.SITES_DOMAIN}`;
  expect((await current()).urls.site).toBe(url);
  const list = await (await call('GET', '/api/apps')).text();
  expect(list).toContain(`"site":"${url}"`);
  expect((await release(files.id)).urls.site).toBeUndefined();
  expect((await release(published.id)).urls.site).toBe(url);
});

describe('the settings of an app’s sites', () => {
  test('are changed one by one, and the password is never shown', async () => {
    expect(await current()).toMatchObject({
      autoRelease: true,
      access: { production: 'public', previews: 'public' },
      hasPassword: false,
      spaFallback: null,
      rewriteHosts: [],
      server: { allowHosts: null },
    });
    const changed = await patch({ access: { previews: 'password' }, password: 'open sesame' });
    const text = await changed.text();
    expect(App.parse(JSON.parse(text))).toMatchObject({
      access: { production: 'public', previews: 'password' },
      hasPassword: true,
    });
    expect(text).not.toMatch(/scrypt|sesame|passwordHash/);
    const later = { spaFallback: false, rewriteHosts: ['api.example.com', '127.0.0.1:8080'] };
    expect(App.parse(await (await patch(later)).json())).toMatchObject({ ...later, hasPassword: true });
    expect((await actions()).toSorted()).toEqual(['app.access', 'app.update', 'app.update']);
  });

  test('for servers are kept whole, and load them again', async () => {
    const revision = async () => (await metadataOf(env).apps.bySlug(app.slug))?.serverRevision;
    const server = { allowHosts: ['api.example.com', '*.example.org:8443'] };
    const text = await (await patch({ server })).text();
    expect(App.parse(JSON.parse(text)).server).toEqual(server);
    expect(text).not.toContain('evision');
    const first = await revision();
    expect(first).toMatch(/^[0-9a-f]{16}$/);
    await patch({ spaFallback: true });
    expect([await revision(), (await current()).server]).toEqual([first, server]);
    await patch({ server: { allowHosts: null } });
    expect((await current()).server).toEqual({ allowHosts: null });
    expect(await revision()).not.toBe(first);
  });

  test('a password is there wherever it is asked for', async () => {
    for (const change of [{ access: { production: 'password' } }, { access: { previews: 'password' } }])
      expect((await patch(change)).status).toBe(422);
    expect((await patch({ access: { previews: 'password' }, password: 'open sesame' })).status).toBe(200);
    expect(await codeOf(await patch({ password: null }))).toBe('unprocessable');
    expect((await patch({ access: { previews: 'team' }, password: null })).status).toBe(200);
    expect((await current()).hasPassword).toBe(false);
  });

  test.each([
    { access: { production: 'private' } },
    { access: { other: 'team' } },
    { access: 'team' },
    { password: 'short' },
    { password: 'x'.repeat(201) },
    { password: 12_345_678 },
    { autoRelease: 'no' },
    { spaFallback: 'yes' },
    { rewriteHosts: ['https://api.example.com'] },
    { rewriteHosts: ['api.example.com/path'] },
    { rewriteHosts: ['user@api.example.com'] },
    { rewriteHosts: ['API.example.com'] },
    { rewriteHosts: ['api.example.com:'] },
    { rewriteHosts: ['api.example.com:0'] },
    { rewriteHosts: ['api..example.com'] },
    { rewriteHosts: ['.example.com'] },
    { rewriteHosts: ['*.example.com'] },
    { rewriteHosts: ['-a.example.com'] },
    { rewriteHosts: ['a.example.com\n'] },
    { rewriteHosts: [`${'a'.repeat(64)}.example.com`] },
    { rewriteHosts: [`${'a.'.repeat(130)}com`] },
    { rewriteHosts: Array.from({ length: 21 }, (_, n) => `a${n}.example.com`) },
    { server: { allowHosts: ['https://api.example.com'] } },
    { server: { allowHosts: ['API.example.com'] } },
    { server: { allowHosts: ['*'] } },
    { server: { allowHosts: ['a.*.example.com'] } },
    { server: { allowHosts: ['api.example.com:0'] } },
    { server: { allowHosts: Array.from({ length: 51 }, (_, n) => `a${n}.example.com`) } },
    { server: { allowHosts: 'api.example.com' } },
    { server: {} },
    { server: { allowHosts: null, more: 1 } },
    { serverRevision: 'x' },
    { passwordHash: 'x' },
    { releaseLocked: true },
  ])('%j is refused', async (change) => {
    expect((await patch(change)).status).toBe(400);
  });
});

describe('a preview that is promoted', () => {
  type Values = Record<string, { value: string; environments: Environment[] }>;
  const both: Environment[] = ['production', 'preview'];

  async function sealed(values: Values) {
    const sealer = createSealer(env);
    const entries = Object.entries(values).map(async ([name, input]) => [
      name,
      await sealVariable(sealer, { appId: app.id, name }, input),
    ]);
    return Object.fromEntries(await Promise.all(entries)) as Spec['variables'];
  }

  /** A preview that was built with these variables, of an app that has others now. */
  async function preview(built: Values, now: Values = built): Promise<DeploymentRecord> {
    for (const [name, variable] of Object.entries(await sealed(now)))
      await metadata.apps.setVariable(app.id, name, variable);
    const record = await givenDeployment(app, { 'a.apk': 'preview' }, { environment: 'preview' });
    const spec = sampleSpec({
      id: record.id,
      ownerId: app.ownerId,
      app: { id: app.id, slug: app.slug, name: app.name },
      environment: 'preview',
      variables: await sealed(built),
    });
    await deploymentOf(env, record.id).create(spec);
    // Its object, which has just begun, reports that it waits.
    await metadata.deployments.project(record, 99);
    return record;
  }

  const promote = ({ id }: DeploymentRecord, json: unknown = {}) =>
    call('POST', `/api/deployments/${id}/promote`, json);

  test('goes live as it was built, and counts as production from then on', async () => {
    await patch({ access: { previews: 'team' } });
    const production = await givenDeployment(app, { 'a.apk': 'production' });
    const record = await preview({ API_URL: { value: 'https://api', environments: both } });
    expect((await request(`/dl/${record.id}/a.apk`)).status).toBe(401);
    const promoted = await promote(record);
    expect(promoted.status).toBe(202);
    expect(Deployment.parse(await promoted.json())).toMatchObject({
      id: record.id,
      environment: 'preview',
      promotedAt: expect.any(String),
    });
    expect(await current()).toMatchObject({ release: record.id, previousRelease: production.id });
    expect((await request(`/dl/${record.id}/a.apk`)).status).toBe(200);
    await release(production.id);
    expect((await request(`/dl/${record.id}/a.apk`)).status).toBe(200);
    await givenDeployment(app, { 'a.apk': 'newest' });
    expect((await (await request(`/a/${app.slug}`)).text()).includes(record.id)).toBe(true);
    expect((await actions()).filter((action) => action === 'deployment.promote')).toHaveLength(1);
  });

  test.each<[string, Values, Values, string[]]>([
    [
      'another value',
      { A: { value: '1', environments: both } },
      { A: { value: '2', environments: both } },
      ['A'],
    ],
    ['one more now', {}, { NEW_KEY: { value: 's3cret', environments: both } }, ['NEW_KEY']],
    [
      'one fewer now',
      { A: { value: '1', environments: ['preview'] } },
      { A: { value: '1', environments: ['preview'] } },
      ['A'],
    ],
    [
      'several',
      { A: { value: '1', environments: both }, B: { value: '1', environments: both } },
      {
        A: { value: '1', environments: both },
        B: { value: '2', environments: both },
        C: { value: '3', environments: ['production'] },
      },
      ['B', 'C'],
    ],
  ])('with %s is refused, unless it is forced', async (_name, built, now, names) => {
    const record = await preview(built, now);
    const refused = await promote(record);
    expect(refused.status).toBe(409);
    const { error } = ErrorBody.parse(await refused.json());
    expect(error.code).toBe('variables_differ');
    expect(error.message.split(': ')[1]).toBe(names.join(', '));
    expect(JSON.stringify(error)).not.toContain('s3cret');
    expect((await current()).release).toBeNull();
    expect((await metadata.deployments.byId(record.id))?.promotedAt).toBeNull();
    expect((await promote(record, { force: true })).status).toBe(202);
    expect((await current()).release).toBe(record.id);
  });

  test('may have had variables that are the same in both environments, sealed again or not', async () => {
    const values = { A: { value: '1', environments: both }, B: { value: '2', environments: both } };
    expect((await promote(await preview(values))).status).toBe(202);
  });

  test('needs something to go live', async () => {
    const failed = await givenDeployment(app, {}, { environment: 'preview', status: 'failed' });
    expect(await codeOf(await promote(failed, { force: true }))).toBe('not_successful');
    const removed = await givenDeployment(app, { 'a.apk': 'x' }, { environment: 'preview' });
    await metadata.deployments.markRemoved([removed.id], 'artifacts', new Date().toISOString());
    expect(await codeOf(await promote(removed, { force: true }))).toBe('nothing_to_release');
    expect((await metadata.deployments.byId(removed.id))?.promotedAt).toBeNull();
  });

  test('is another team’s to nobody', async () => {
    const record = await givenDeployment(app, { 'a.apk': 'x' }, { environment: 'preview' });
    const stranger = await founder();
    const paths = [`/api/deployments/${record.id}/promote`, `/api/apps/${app.slug}/release/lock`];
    for (const path of paths) expect((await call('POST', path, {}, stranger.token)).status).toBe(404);
    const viewer = await memberOf(owner.user.id, 'viewer');
    for (const path of paths) expect((await call('POST', path, {}, viewer.token)).status).toBe(403);
  });
});

describe('a link to an artifact', () => {
  const NAME = 'Ünï & co.apk';
  let record: DeploymentRecord;
  beforeEach(async () => {
    await patch({ access: { production: 'team', previews: 'team' } });
    record = await givenDeployment(app, { [NAME]: 'bytes' });
  });
  const link = (json: unknown, token = owner.token) =>
    call('POST', `/api/deployments/${record.id}/links`, json, token);

  test('gives the file to anyone who has it, until it expires', async () => {
    const response = await link({ name: NAME, expiresInSeconds: 60 });
    expect(response.status).toBe(200);
    const { url, expiresAt } = ArtifactLink.parse(await response.json());
    expect(Date.parse(expiresAt) - Date.now()).toBeLessThanOrEqual(60_000);
    const path = url.slice(env.PUBLIC_URL.length);
    const file = await request(path);
    expect(new TextDecoder().decode(await file.arrayBuffer())).toBe('bytes');
    expect(file.headers.get('Cache-Control')).toMatch(/^private\b/);
    expect((await request(path.split('?')[0] ?? '')).status).toBe(401);
    expect(await actions()).toContain('artifact.link');
  });

  test.each([
    [{ name: 'other.apk', expiresInSeconds: 60 }, 404],
    [{ name: '../x', expiresInSeconds: 60 }, 400],
    [{ name: NAME, expiresInSeconds: 59 }, 400],
    [{ name: NAME, expiresInSeconds: 7 * 24 * 3600 + 1 }, 400],
    [{ name: NAME, expiresInSeconds: 60.5 }, 400],
    [{ name: NAME }, 400],
  ])('%j is refused', async (json, status) => {
    expect((await link(json)).status).toBe(status);
  });

  test('is made by who may deploy', async () => {
    const json = { name: NAME, expiresInSeconds: 60 };
    expect((await link(json, (await memberOf(owner.user.id, 'viewer')).token)).status).toBe(403);
    expect((await link(json, (await founder()).token)).status).toBe(404);
  });

  test('is good while the sealing key is rotated, and not with another key', async () => {
    const { url } = ArtifactLink.parse(await (await link({ name: NAME, expiresInSeconds: 60 })).json());
    const path = url.slice(env.PUBLIC_URL.length);
    const other = Buffer.alloc(32, 7).toString('base64');
    const rotated = { SEALING_KEY: other, SEALING_KEY_PREVIOUS: env.SEALING_KEY };
    expect((await requestWith(rotated, path)).status).toBe(200);
    expect((await requestWith({ SEALING_KEY: other }, path)).status).toBe(401);
  });
});
