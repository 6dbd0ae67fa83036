import { env } from 'cloudflare:workers';
import { App, Deployment, ErrorBody, LogPage, pageOf } from '@appflux/protocol';
import { beforeEach, describe, expect, test } from 'vitest';
import { metadataOf } from '../metadata/index.ts';
import { newObjectId } from '../metadata/object-id.ts';
import { appRecord, uploadRecord } from '../metadata/testing/sample-records.ts';
import { forgetAll, request, requestWith, signIn } from '../testing/worker.ts';

let token: string;

beforeEach(async () => {
  await forgetAll();
  token = (await signIn()).access_token;
});

const git = { provider: 'git', repoUrl: 'https://git.example/team/site.git', branch: 'trunk' };

const post = (path: string, json: unknown = {}, headers: Record<string, string> = {}) =>
  request(path, { method: 'POST', token, json, headers });

async function newApp(more: object = {}): Promise<App> {
  const response = await post('/api/apps', { name: 'My Site', source: git, ...more });
  expect(response.status).toBe(201);
  return App.parse(await response.json());
}

async function deployed(
  slug: string,
  json: unknown = {},
  headers?: Record<string, string>,
): Promise<Deployment> {
  const response = await post(`/api/apps/${slug}/deployments`, json, headers);
  expect(response.status).toBe(202);
  return Deployment.parse(await response.json());
}

async function refusal(response: Response): Promise<{ status: number } & ErrorBody['error']> {
  return { status: response.status, ...ErrorBody.parse(await response.json()).error };
}

describe('apps', () => {
  test('get a slug from their name, and variables are named but never given back', async () => {
    const app = await newApp({ envVars: { API_KEY: 'very-secret-value' } });
    expect(app).toMatchObject({
      slug: 'my-site',
      envVars: [{ name: 'API_KEY', environments: ['production', 'preview'] }],
    });
    const everything = await (await request('/api/apps', { token })).text();
    expect(everything).not.toContain('very-secret-value');
    const rows = await env.METADATA.prepare('SELECT * FROM apps').all();
    expect(JSON.stringify(rows.results)).not.toContain('very-secret-value');
  });

  test('an unknown field is refused by name', async () => {
    const refused = await refusal(await post('/api/apps', { name: 'x', source: git, colour: 'red' }));
    expect(refused).toMatchObject({ status: 400, code: 'bad_request' });
    expect(JSON.stringify(refused.issues)).toContain('colour');
  });

  test('a taken and a reserved slug are refused', async () => {
    await newApp();
    expect(await refusal(await post('/api/apps', { name: 'My Site', source: git }))).toMatchObject({
      status: 409,
      code: 'slug_taken',
    });
    expect(await refusal(await post('/api/apps', { name: 'API', source: git }))).toMatchObject({
      status: 422,
    });
  });

  test('a body that is not JSON, and one that is too large, are refused', async () => {
    const broken = await request('/api/apps', {
      method: 'POST',
      token,
      body: '{"name":',
      headers: { 'Content-Type': 'application/json' },
    });
    expect(await refusal(broken)).toMatchObject({ status: 400, message: 'The body is not JSON' });
    const large = await post('/api/apps', { name: 'x'.repeat(1024 * 1024 + 1), source: git });
    expect(await refusal(large)).toMatchObject({ status: 413, code: 'body_too_large' });
  });

  test.each([
    'https://user:secret@git.example/x.git',
    'ssh://git.example/x.git',
    'file:///etc/passwd',
    'ext::sh -c id',
    '--upload-pack=id',
  ])('%s is no repository', async (repoUrl) => {
    const refused = await refusal(await post('/api/apps', { name: 'x', source: { ...git, repoUrl } }));
    expect(refused.status).toBe(400);
    expect(refused.message).not.toContain('secret');
  });

  test('of somebody else are not found', async () => {
    const theirs = appRecord({ ownerId: crypto.randomUUID(), slug: 'theirs' });
    await metadataOf(env).apps.insert(theirs);
    for (const [method, path] of [
      ['GET', '/api/apps/theirs'],
      ['DELETE', '/api/apps/theirs'],
      ['GET', '/api/apps/theirs/deployments'],
    ] as const) {
      expect((await request(path, { method, token })).status).toBe(404);
    }
    expect((await post('/api/deploy', { appId: theirs.id })).status).toBe(404);
    expect(await metadataOf(env).apps.byId(theirs.id)).not.toBeNull();
  });

  test('are deleted with their deployments and objects', async () => {
    const app = await newApp();
    const { id } = await deployed(app.slug);
    expect((await request(`/api/apps/${app.slug}`, { method: 'DELETE', token })).status).toBe(204);
    expect((await request(`/api/deployments/${id}`, { token })).status).toBe(404);
    expect((await request(`/api/apps/${app.slug}`, { token })).status).toBe(404);
  });
});

describe('a deployment', () => {
  test('is queued, says why it waits, and is listed', async () => {
    const app = await newApp({ build: { labels: ['macos'] } });
    const created = await deployed(app.slug, { branch: 'feature/x' });
    expect(created).toMatchObject({ status: 'queued', attempt: 0, trigger: 'manual', branch: 'feature/x' });
    await expect
      .poll(async () =>
        Deployment.parse(await (await request(`/api/deployments/${created.id}`, { token })).json()),
      )
      .toMatchObject({ waitingFor: 'No runner is online' });
    const page = await (await request(`/api/apps/${app.slug}/deployments?status=queued`, { token })).json();
    expect(
      pageOf(Deployment)
        .parse(page)
        .items.map(({ id }) => id),
    ).toEqual([created.id]);
  });

  test('asked for twice with one Idempotency-Key is one deployment; another body with that key is refused', async () => {
    const { slug } = await newApp();
    const key = { 'Idempotency-Key': 'once' };
    const [first, second] = await Promise.all([deployed(slug, {}, key), deployed(slug, {}, key)]);
    expect(second.id).toBe(first.id);
    const other = await post(`/api/apps/${slug}/deployments`, { branch: 'other' }, key);
    expect(await refusal(other)).toMatchObject({ status: 409, code: 'idempotency_key_reused' });
  });

  test('of /api/deploy is the same thing with the app in the body', async () => {
    const app = await newApp();
    for (const body of [{ appId: app.id }, { app: app.slug, source: { branch: 'next' } }]) {
      const response = await post('/api/deploy', body);
      expect(response.status).toBe(202);
      const { success, deploymentId, ...deployment } = await response.json<
        Deployment & { success: true; deploymentId: string }
      >();
      expect([success, deploymentId]).toEqual([true, Deployment.parse(deployment).id]);
    }
    expect((await post('/api/deploy', {})).status).toBe(400);
  });

  test('that is queued is canceled immediately, with a last line, and only once', async () => {
    const { slug } = await newApp();
    const { id } = await deployed(slug);
    const canceled = Deployment.parse(await (await post(`/api/deployments/${id}/cancel`)).json());
    expect(canceled).toMatchObject({ status: 'canceled', finishedAt: expect.any(String) });
    expect(await refusal(await post(`/api/deployments/${id}/cancel`))).toMatchObject({
      status: 409,
      code: 'already_ended',
    });
    const log = LogPage.parse(await (await request(`/api/deployments/${id}/logs`, { token })).json());
    expect(log).toMatchObject({
      ended: true,
      items: [{ seq: 1, stream: 'system', text: expect.stringContaining('Canceled') }],
    });
  });

  test('can be built again, of the same commit or of the newest', async () => {
    const { slug } = await newApp();
    const { id } = await deployed(slug, { commit: 'abcdef1234' });
    const same = Deployment.parse(await (await post(`/api/deployments/${id}/redeploy`)).json());
    const newest = Deployment.parse(
      await (await post(`/api/deployments/${id}/redeploy`, { latest: true })).json(),
    );
    expect([same.commitHash, newest.commitHash]).toEqual(['abcdef1234', null]);
    expect(new Set([id, same.id, newest.id]).size).toBe(3);
  });

  test('is built again from the root directory that its app is set to now', async () => {
    const { slug, source } = await newApp();
    const { id } = await deployed(slug);
    const changed = { ...source, rootDirectory: 'apps/shop' };
    const set = await request(`/api/apps/${slug}`, { method: 'PATCH', token, json: { source: changed } });
    expect(set.status).toBe(200);
    const again = Deployment.parse(await (await post(`/api/deployments/${id}/redeploy`)).json());
    const specs = await Promise.all([id, again.id].map((each) => env.DEPLOYMENTS.getByName(each).spec()));
    expect(specs.map((spec) => spec?.source.rootDirectory)).toEqual(['./', 'apps/shop']);
  });

  test('of an upload needs one that is complete and one’s own', async () => {
    const app = await newApp({ source: { provider: 'upload' } });
    const deploy = (json: unknown) => post(`/api/apps/${app.slug}/deployments`, json);
    expect(await refusal(await deploy({}))).toMatchObject({ status: 422 });
    expect(await refusal(await deploy({ uploadId: newObjectId() }))).toMatchObject({ status: 422 });
    const foreign = uploadRecord({ ownerId: crypto.randomUUID(), completed: true });
    const begun = uploadRecord({ ownerId: app.ownerId, completed: false });
    await Promise.all([foreign, begun].map((upload) => metadataOf(env).uploads.insert(upload)));
    expect(await refusal(await deploy({ uploadId: foreign.id }))).toMatchObject({ status: 422 });
    expect(await refusal(await deploy({ uploadId: begun.id }))).toMatchObject({
      status: 409,
      code: 'upload_incomplete',
    });
    expect(await refusal(await deploy({ uploadId: begun.id, commit: 'abcdef1' }))).toMatchObject({
      status: 422,
    });
  });

  test('of an upload is called by what the ZIP was called', async () => {
    const app = await newApp({ source: { provider: 'upload' } });
    const upload = uploadRecord({ ownerId: app.ownerId, completed: true, name: 'Häfen & Co.zip' });
    await metadataOf(env).uploads.insert(upload);
    const answer = await post(`/api/apps/${app.slug}/deployments`, { uploadId: upload.id });
    expect(Deployment.parse(await answer.json())).toMatchObject({
      trigger: 'upload',
      uploadName: 'Häfen & Co.zip',
      commitMessage: null,
      branch: null,
    });
  });

  test('of an upload is of the branch that its owner names, also when it is built again', async () => {
    const app = await newApp({ source: { provider: 'upload' } });
    const upload = uploadRecord({ ownerId: app.ownerId, completed: true });
    await metadataOf(env).uploads.insert(upload);
    const body = { uploadId: upload.id, branch: 'feature/x', environment: 'preview' };
    const first = Deployment.parse(await (await post(`/api/apps/${app.slug}/deployments`, body)).json());
    expect(first).toMatchObject({ branch: 'feature/x', commitHash: null, trigger: 'upload' });
    const again = Deployment.parse(await (await post(`/api/deployments/${first.id}/redeploy`)).json());
    expect(again.branch).toBe('feature/x');
    const wrong = await post(`/api/apps/${app.slug}/deployments`, { ...body, branch: '-x' });
    expect(await refusal(wrong)).toMatchObject({ status: 400 });
  });

  test('past a full queue is refused with when to come back', async () => {
    const { slug } = await newApp({ build: { supersede: false } });
    const most = env.MAX_QUEUED;
    env.MAX_QUEUED = '2';
    try {
      for (let n = 1; n <= 2; n += 1) {
        await deployed(slug);
        const pool = env.POOLS.getByName((await newest(slug)).ownerId);
        await expect.poll(() => pool.depth(), { timeout: 10_000 }).toBe(n);
      }
      const refused = await post(`/api/apps/${slug}/deployments`);
      expect(refused.headers.get('Retry-After')).toBe('30');
      expect(await refusal(refused)).toMatchObject({ status: 429, code: 'queue_full' });
    } finally {
      env.MAX_QUEUED = most;
    }
  });

  test('that did not succeed cannot be released', async () => {
    const { slug } = await newApp();
    const { id } = await deployed(slug);
    expect(await refusal(await post(`/api/apps/${slug}/release`, { deploymentId: id }))).toMatchObject({
      status: 409,
      code: 'not_successful',
    });
    expect((await post(`/api/apps/${slug}/release`, { deploymentId: newObjectId() })).status).toBe(404);
  });

  test('that nobody knows is not found, whatever its id looks like', async () => {
    for (const id of [newObjectId(), 'x', '%2e%2e%2fapps', '%00']) {
      const { status } = await request(`/api/deployments/${id}`, { token });
      expect([400, 404]).toContain(status);
    }
  });
});

async function newest(slug: string) {
  const app = await metadataOf(env).apps.bySlug(slug);
  if (app === null) throw new Error(`no app ${slug}`);
  return app;
}

describe('the OpenAPI document', () => {
  test('is at the address of the instance, whatever the Host of the request', async () => {
    const PUBLIC_URL = 'https://flux.example.com';
    const response = await requestWith({ PUBLIC_URL }, '/api/openapi.json');
    expect((await response.json<{ servers: unknown }>()).servers).toEqual([{ url: PUBLIC_URL }]);
  });

  test('names every scripted call, and refuses nothing that it does not describe', async () => {
    const { openapi, paths } = await (await request('/api/openapi.json')).json<{
      openapi: string;
      paths: Record<string, Record<string, unknown>>;
    }>();
    expect(openapi).toBe('3.1.0');
    const calls = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method} ${path}`),
    );
    expect(calls).toEqual(
      expect.arrayContaining([
        'get /api/health',
        'post /api/apps',
        'get /api/apps/{slug}',
        'patch /api/apps/{slug}',
        'delete /api/apps/{slug}',
        'put /api/apps/{slug}/env/{name}',
        'post /api/uploads',
        'post /api/uploads/{id}/complete',
        'post /api/apps/{slug}/deployments',
        'post /api/deploy',
        'get /api/deployments/{id}',
        'post /api/deployments/{id}/cancel',
        'post /api/deployments/{id}/redeploy',
        'get /api/deployments/{id}/logs',
        'get /api/deployments/{id}/logs.ndjson',
        'get /api/deployments/{id}/artifacts',
        'post /api/apps/{slug}/release',
        'get /api/runners',
        'post /api/tokens',
        'get /api/ops/dead-letters',
      ]),
    );
  });

  test('every described call refuses a caller without a token, except those that say so', async () => {
    const { paths } = await (await request('/api/openapi.json')).json<{
      paths: Record<string, Record<string, { security?: unknown }>>;
    }>();
    for (const [path, methods] of Object.entries(paths)) {
      for (const [method, { security }] of Object.entries(methods)) {
        if (security === undefined) continue;
        const address = path.replace(
          /\{(id|slug|name)\}/g,
          (_, name) => ({ id: newObjectId(), slug: 'x', name: 'X' })[name as 'id'] ?? '',
        );
        const answer = await request(address, {
          method: method.toUpperCase(),
          ...(method === 'get' ? {} : { json: {} }),
        });
        expect([method, path, answer.status]).toEqual([
          method,
          path,
          expect.toSatisfy((status: number) => status === 401 || status === 400),
        ]);
        if (method === 'get') expect([path, answer.status]).toEqual([path, 401]);
      }
    }
  });
});
