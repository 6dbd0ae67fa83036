import { env } from 'cloudflare:workers';
import { parse } from 'content-disposition';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { sampleSpec } from '../deployment/testing/sample-spec.ts';
import { metadataOf } from '../metadata/index.ts';
import { newObjectId } from '../metadata/object-id.ts';
import { objectsOf } from '../storage/index.ts';
import { connectAttempt, deliver, givenRunner, leaseOf } from '../testing/attempt.ts';
import { forgetAll, request, requestWith } from '../testing/worker.ts';
import { givenApp, givenDeployment } from './testing/published.ts';

beforeAll(forgetAll);

const CONTENT = '0123456789abcdefghij';

/** A body as text, whatever its type says. */
const contentOf = async (response: Response) => new TextDecoder().decode(await response.arrayBuffer());

async function delivered(name = 'app.apk') {
  const app = await givenApp();
  const deployment = await givenDeployment(app, { [name]: CONTENT });
  const [artifact] = deployment.artifacts;
  if (artifact === undefined) throw new Error('There is no artifact');
  return { deployment, artifact, path: `/dl/${deployment.id}/${encodeURIComponent(name)}` };
}

describe('a download', () => {
  test('returns the file, cacheable forever, and harmless when opened', async () => {
    const { path, artifact } = await delivered();
    const response = await request(path);
    expect(response.status).toBe(200);
    expect(await contentOf(response)).toBe(CONTENT);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      etag: `"${artifact.sha256}"`,
      'content-length': '20',
      'content-type': 'application/x-thing',
      'content-disposition': 'attachment; filename=app.apk',
      'cache-control': 'public, max-age=31536000, immutable',
      'accept-ranges': 'bytes',
      'x-content-type-options': 'nosniff',
      'content-security-policy': "default-src 'none'; sandbox",
    });
  });

  test('asked for by HEAD has the same headers and no body', async () => {
    const { path } = await delivered();
    const [get, head] = [await request(path), await request(path, { method: 'HEAD' })];
    expect(head.status).toBe(200);
    expect(Object.fromEntries(head.headers)).toEqual(Object.fromEntries(get.headers));
    expect(await contentOf(head)).toBe('');
    expect(await contentOf(get)).toBe(CONTENT);
  });

  test.each([
    ['bytes=0-3', '0123', 'bytes 0-3/20'],
    ['bytes=15-', 'fghij', 'bytes 15-19/20'],
    ['bytes=-2', 'ij', 'bytes 18-19/20'],
    ['bytes=18-99', 'ij', 'bytes 18-19/20'],
  ])('in part: %s', async (Range, part, contentRange) => {
    const { path } = await delivered();
    const response = await request(path, { headers: { Range } });
    expect(response.status).toBe(206);
    expect(response.headers.get('Content-Range')).toBe(contentRange);
    expect(response.headers.get('Content-Length')).toBe(String(part.length));
    expect(await contentOf(response)).toBe(part);
  });

  test('in a part that there is not is refused with its size', async () => {
    const { path } = await delivered();
    const response = await request(path, { headers: { Range: 'bytes=20-' } });
    expect(response.status).toBe(416);
    expect(response.headers.get('Content-Range')).toBe('bytes */20');
  });

  test('goes on only with the file that was begun: otherwise it is given whole', async () => {
    const { path, artifact } = await delivered();
    const range = (ifRange: string) => request(path, { headers: { Range: 'bytes=5-', 'If-Range': ifRange } });
    expect((await range(`"${artifact.sha256}"`)).status).toBe(206);
    const other = await range('"another"');
    expect(other.status).toBe(200);
    expect(await contentOf(other)).toBe(CONTENT);
  });

  test('that the visitor has is not sent again', async () => {
    const { path, artifact } = await delivered();
    const response = await request(path, { headers: { 'If-None-Match': `W/"x", "${artifact.sha256}"` } });
    expect(response.status).toBe(304);
    expect(response.headers.get('ETag')).toBe(`"${artifact.sha256}"`);
    expect(await contentOf(response)).toBe('');
  });

  test.each(["it's 100% größe-🚀 (1).zip", 'a;b=c,d.zip', 'a%41b.zip'])(
    'keeps a name from outside in its place: %s',
    async (name) => {
      const { path } = await delivered(name);
      const response = await request(path);
      expect(await contentOf(response)).toBe(CONTENT);
      const disposition = response.headers.get('Content-Disposition') ?? '';
      expect(disposition).toMatch(/^attachment; filename=("[^"]*"|[^\s;"]+)(; filename\*=UTF-8''[^\s;"]+)?$/);
      expect(disposition).toMatch(/^[\x20-\x7e]*$/);
      expect(parse(disposition)).toMatchObject({ type: 'attachment', parameters: { filename: name } });
    },
  );

  test.each(['text/html\r\nSet-Cookie: a=b', 'text/html; charset=utf-7', '', 'größe/x'])(
    'with a media type that is none is just bytes: %s',
    async (contentType) => {
      const app = await givenApp();
      const { artifacts } = await givenDeployment(app, { 'a.bin': CONTENT });
      const changed = artifacts.map((artifact) => ({ ...artifact, contentType }));
      const { id } = await givenDeployment(app, {}, { artifacts: changed });
      const response = await request(`/dl/${id}/a.bin`);
      expect(response.headers.get('Content-Type')).toBe('application/octet-stream');
      expect(response.headers.get('Set-Cookie')).toBeNull();
      expect(await contentOf(response)).toBe(CONTENT);
    },
  );

  test('is given after its bucket was restored, which changes ETags, and is hashed once for that', async () => {
    const { path, artifact } = await delivered();
    const parts = await objectsOf(env).putParts(artifact.key, 'text/plain');
    await parts.put(1, new TextEncoder().encode(CONTENT));
    await parts.complete();
    expect((await objectsOf(env).head(artifact.key))?.etag).not.toBe(artifact.etag);
    // Nothing is cached where there is a disk to know of.
    const DISK = { fetch: async () => Response.json(null) } as unknown as Fetcher;
    expect(await contentOf(await requestWith({ DISK }, path))).toBe(CONTENT);
    const asked = vi.spyOn(globalThis, 'fetch');
    const range = await requestWith({ DISK }, path, { headers: { Range: 'bytes=1-3' } });
    expect([range.status, await contentOf(range)]).toEqual([206, CONTENT.slice(1, 4)]);
    expect(asked.mock.calls.map(([input, init]) => new Request(input, init).headers.get('Range'))).toEqual([
      'bytes=1-3',
      'bytes=1-3',
    ]);
    asked.mockRestore();
  });

  test('of a record of version 0.1.0, which has no ETag, is given by its size', async () => {
    const app = await givenApp();
    const { artifacts } = await givenDeployment(app, { 'a.bin': CONTENT });
    const old = artifacts.map(({ etag: _, ...artifact }) => artifact);
    const { id } = await givenDeployment(app, {}, { artifacts: old });
    expect(await contentOf(await request(`/dl/${id}/a.bin`))).toBe(CONTENT);
  });

  test('of an empty file is empty', async () => {
    const { id } = await givenDeployment(await givenApp(), { empty: '' });
    const response = await request(`/dl/${id}/empty`);
    expect(response.status).toBe(200);
    expect(response.headers.get('Content-Length')).toBe('0');
    expect(await contentOf(response)).toBe('');
  });
});

describe('what is not to be downloaded', () => {
  test.each(['failed', 'canceled', 'building'] as const)('files of a %s deployment', async (status) => {
    const { id } = await givenDeployment(await givenApp(), { 'app.apk': CONTENT }, { status });
    expect((await request(`/dl/${id}/app.apk`)).status).toBe(404);
  });

  test('other objects of storage, however they are named', async () => {
    const { deployment, artifact } = await delivered();
    const [, app] = artifact.key.split('/');
    await objectsOf(env).put(`apps/${app}/${deployment.id}/log.ndjson.gz`, 'secret', 'text/plain');
    const names = [
      'log.ndjson.gz',
      '..%2Flog.ndjson.gz',
      '..%2f1%2fapp.apk',
      '%2e%2e%2flog.ndjson.gz',
      '..%5Clog.ndjson.gz',
      '1%2Fapp.apk',
      'APP.APK',
      'app.apk%00',
      '%E0%A4%A',
      'constructor',
      `${'a'.repeat(5000)}`,
    ];
    for (const name of names) expect((await request(`/dl/${deployment.id}/${name}`)).status, name).toBe(404);
  });

  test.each(['0123456789abcdef01234567', 'nonsense', "'%20OR%201=1"])('deployment %s', async (id) => {
    const response = await request(`/dl/${id}/app.apk`);
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ error: { code: 'not_found' } });
  });

  test('a person gets a page', async () => {
    const response = await request('/dl/0123456789abcdef01234567/app.apk', {
      headers: { Accept: 'text/html,application/xhtml+xml' },
    });
    expect(response.status).toBe(404);
    expect(response.headers.get('Content-Type')).toBe('text/html; charset=utf-8');
    expect(await contentOf(response)).toContain('There is no such file');
  });

  test('a file that storage has lost', async () => {
    const log = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const { path, artifact } = await delivered();
    await objectsOf(env).delete([artifact.key]);
    expect((await request(path)).status).toBe(404);
    expect(log).toHaveBeenCalledTimes(1);
    log.mockRestore();
  });

  test('a file that was cut or changed in storage: all of it, a range of it, and on a page', async () => {
    const log = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const { path, artifact } = await delivered();
    for (const content of ['cut', CONTENT.replace(/./, '!')]) {
      await objectsOf(env).put(artifact.key, content, 'text/plain');
      for (const headers of [{}, { Range: 'bytes=0-1' }, { Range: 'bytes=-2' }] as const) {
        const response = await request(path, { headers });
        expect(response.status).toBe(500);
        expect(await response.json()).toMatchObject({ error: { code: 'artifact_damaged' } });
      }
      const page = await request(path, { headers: { Accept: 'text/html' } });
      expect([page.status, await contentOf(page)]).toEqual([500, expect.stringContaining('is damaged')]);
    }
    expect(log).toHaveBeenCalledTimes(8);
    log.mockRestore();
  });
});

test('a file can be downloaded as soon as the deployment says that it succeeded', async () => {
  const app = await givenApp();
  const spec = sampleSpec({
    id: newObjectId(),
    ownerId: app.ownerId,
    app: { id: app.id, slug: app.slug, name: app.name },
  });
  const object = env.DEPLOYMENTS.getByName(spec.id);
  const { record } = await object.create(spec);
  await metadataOf(env).deployments.project(record, 1);
  const path = `/dl/${spec.id}/app.apk`;
  const runner = await givenRunner(app.ownerId);
  const attempt = await connectAttempt(await leaseOf(spec.id, runner), runner.credential);
  await attempt.next('welcome');
  await deliver(attempt, 'app.apk', CONTENT);
  expect((await request(path)).status).toBe(404);
  attempt.send({ type: 'finish', result: { status: 'success', artifacts: ['app.apk'] } });
  await attempt.next('finished');
  // As if the event of the end had not reached metadata yet.
  await vi.waitUntil(async () => (await object.unconfirmed()) === null);
  await env.METADATA.prepare("UPDATE deployments SET status = 'building', record = ? WHERE id = ?")
    .bind(JSON.stringify({ ...record, status: 'building' }), spec.id)
    .run();
  const response = await request(path);
  expect(response.status).toBe(200);
  expect(await contentOf(response)).toBe(CONTENT);
  expect((await request(`/dl/${spec.id}/other.apk`)).status).toBe(404);
});
