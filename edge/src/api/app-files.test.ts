import { env } from 'cloudflare:workers';
import { App, Deployment, ErrorBody, MAX_FILE_BYTES, MAX_FILES } from '@appflux/protocol';
import { beforeEach, expect, test } from 'vitest';
import { newObjectId } from '../metadata/object-id.ts';
import { forgetAll, request, signIn } from '../testing/worker.ts';

let token: string;

const KEYSTORE = Buffer.from('the bytes of a keystore \u0000\u0001').toString('base64');

beforeEach(async () => {
  await forgetAll();
  token = (await signIn()).access_token;
  const created = await request('/api/apps', {
    method: 'POST',
    token,
    json: {
      name: 'Phone',
      slug: 'phone',
      source: { provider: 'git', repoUrl: 'https://git.example/team/phone.git' },
    },
  });
  expect(App.parse(await created.json()).files).toEqual([]);
});

const put = (name: string, json: unknown) =>
  request(`/api/apps/phone/files/${name}`, { method: 'PUT', token, json });

const shown = async () => App.parse(await (await request('/api/apps/phone', { token })).json()).files;

const refusal = async (response: Response) => ({
  status: response.status,
  ...ErrorBody.parse(await response.json()).error,
});

async function granted(environment: 'production' | 'preview') {
  const answer = await request('/api/apps/phone/deployments', {
    method: 'POST',
    token,
    json: { environment },
  });
  const { id } = Deployment.parse(await answer.json());
  const claimed = await env.DEPLOYMENTS.getByName(id).claim({ id: newObjectId(), name: 'one' });
  if (!('granted' in claimed)) throw new Error('it was not granted');
  return claimed.granted.job;
}

test('a file is listed by name and size; its content is stored encrypted and never returned', async () => {
  expect((await put('KEYSTORE', { content: KEYSTORE })).status).toBe(204);
  expect(await shown()).toEqual([{ name: 'KEYSTORE', size: 26, environments: ['production', 'preview'] }]);
  const list = await (await request('/api/apps', { token })).text();
  expect(list).toContain('KEYSTORE');
  const rows = await env.METADATA.prepare('SELECT * FROM app_files').all();
  for (const text of [list, JSON.stringify(rows.results)]) expect(text).not.toContain(KEYSTORE);
});

test('a build gets the files of its environment, as they were when it was asked for', async () => {
  await put('KEYSTORE', { content: KEYSTORE, environments: ['production'] });
  await put('LICENSE_KEY', { content: 'AAAA' });
  expect((await granted('production')).files).toEqual({ KEYSTORE, LICENSE_KEY: 'AAAA' });
  expect((await granted('preview')).files).toEqual({ LICENSE_KEY: 'AAAA' });
  const answer = await request('/api/apps/phone/deployments', { method: 'POST', token, json: {} });
  const { id } = Deployment.parse(await answer.json());
  await put('LICENSE_KEY', { content: 'BBBB' });
  expect(await env.DEPLOYMENTS.getByName(id).claim({ id: newObjectId(), name: 'one' })).toMatchObject({
    granted: { job: { files: { LICENSE_KEY: 'AAAA' } } },
  });
  const redeployed = await request(`/api/deployments/${id}/redeploy`, { method: 'POST', token, json: {} });
  const again = Deployment.parse(await redeployed.json());
  expect(await env.DEPLOYMENTS.getByName(again.id).claim({ id: newObjectId(), name: 'one' })).toMatchObject({
    granted: { job: { files: { LICENSE_KEY: 'BBBB' } } },
  });
});

test('a file is replaced and deleted; deleting it again is `not_found`', async () => {
  await put('KEYSTORE', { content: KEYSTORE });
  await put('KEYSTORE', { content: 'AAAA', environments: ['preview'] });
  expect(await shown()).toEqual([{ name: 'KEYSTORE', size: 3, environments: ['preview'] }]);
  const remove = () => request('/api/apps/phone/files/KEYSTORE', { method: 'DELETE', token });
  expect((await remove()).status).toBe(204);
  expect(await shown()).toEqual([]);
  expect(await refusal(await remove())).toMatchObject({ status: 404, code: 'not_found' });
});

test.each([
  ['what is no base64', 'KEYSTORE', { content: 'not base64!' }],
  ['an empty file', 'KEYSTORE', { content: '' }],
  ['a file that is too large', 'KEYSTORE', { content: Buffer.alloc(MAX_FILE_BYTES + 1).toString('base64') }],
  ['a name that no variable can have', 'key.store', { content: 'AAAA' }],
  ['an unknown environment', 'KEYSTORE', { content: 'AAAA', environments: ['staging'] }],
])('%s is refused', async (_, name, json) => {
  expect(await refusal(await put(name, json))).toMatchObject({ status: 400, code: 'bad_request' });
  expect(await shown()).toEqual([]);
});

test('an app has so many files, and so many bytes of them; replacing one is not one more', async () => {
  const largest = Buffer.alloc(MAX_FILE_BYTES).toString('base64');
  await put('A', { content: largest });
  await put('B', { content: largest });
  expect(await refusal(await put('C', { content: 'AAAA' }))).toMatchObject({ status: 422 });
  expect((await put('B', { content: largest })).status).toBe(204);
  await put('A', { content: 'AAAA' });
  await put('B', { content: 'AAAA' });
  for (let n = 2; n < MAX_FILES; n += 1) expect((await put(`F${n}`, { content: 'AAAA' })).status).toBe(204);
  expect(await refusal(await put('ONE_MORE', { content: 'AAAA' }))).toMatchObject({
    status: 422,
    code: 'unprocessable',
  });
});

test('nobody else’s app takes a file', async () => {
  const refused = await request('/api/apps/phones/files/KEYSTORE', {
    method: 'PUT',
    token,
    json: { content: 'AAAA' },
  });
  expect(refused.status).toBe(404);
});
