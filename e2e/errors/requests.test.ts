/** Refused requests: with the right status, a code, and a message that names the error. */
import { ErrorBody } from '@appflux/protocol';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Client } from '../instance/client.ts';
import { type EdgeInstance, startInstance } from '../instance/edge.ts';
import { storedObjects } from './stored-objects.ts';

let edge: EdgeInstance;
let client: Client;

beforeAll(async () => {
  edge = await startInstance();
  client = new Client(edge);
});
afterAll(() => edge?.stop());

/** The refusal in an answer; fails if it is none. */
async function refusal(answer: Response) {
  return { status: answer.status, ...ErrorBody.parse(await answer.json()).error };
}

it('an unknown field is refused and named', async () => {
  const body = { name: 'Shop', source: { provider: 'upload' }, colour: 'blue' };
  expect(await refusal(await client.fetch('POST', '/api/apps', body))).toMatchObject({
    status: 400,
    code: 'bad_request',
    message: expect.stringContaining('colour'),
    hint: expect.stringContaining('/api/openapi.json'),
  });
});

it('a field in the wrong place is named with its path', async () => {
  const body = { name: 'Shop', source: { provider: 'git', repoUrl: 'example.com:shop' } };
  const refused = await refusal(await client.fetch('POST', '/api/apps', body));
  expect(refused).toMatchObject({ status: 400, code: 'bad_request' });
  expect(refused.issues).toContainEqual(expect.objectContaining({ path: 'source.repoUrl' }));
});

it('a body that is not JSON is refused', async () => {
  const headers = { Authorization: `Bearer ${edge.token}`, 'Content-Type': 'application/json' };
  const answer = await fetch(`${edge.url}/api/apps`, { method: 'POST', headers, body: '{"name":' });
  expect(await refusal(answer)).toMatchObject({ status: 400, code: 'bad_request', hint: expect.any(String) });
});

it.each([
  ['with a length', (body: string) => body],
  [
    'in chunks',
    (body: string) =>
      new ReadableStream({
        start(controller) {
          controller.enqueue(new TextEncoder().encode(body));
          controller.close();
        },
      }),
  ],
] as const)('a body that is too large is refused: %s', async (_, bodyOf) => {
  const headers = { Authorization: `Bearer ${edge.token}`, 'Content-Type': 'application/json' };
  const body = bodyOf(JSON.stringify({ name: 'x'.repeat(1024 * 1024), source: { provider: 'upload' } }));
  const request = { method: 'POST', headers, body, duplex: 'half' };
  const answer = await fetch(`${edge.url}/api/apps`, request);
  expect(await refusal(answer)).toMatchObject({
    status: 413,
    code: 'body_too_large',
    hint: expect.stringContaining('/api/uploads'),
  });
});

it('a source over the limit is refused before a byte of it is sent', async () => {
  const answer = await client.fetch('POST', '/api/uploads', { name: 'huge.zip', size: 3 * 1024 ** 3 });
  expect(await refusal(answer)).toMatchObject({ status: 400, code: 'bad_request' });
});

it('an upload whose parts are missing cannot be deployed, and nothing is started', async () => {
  const { slug } = await client.createApp({ name: 'Hasty' });
  const granted = await (await client.fetch('POST', '/api/uploads', { name: 'site.zip', size: 10 })).json();
  const { uploadId } = granted as { uploadId: string };
  expect(
    await refusal(await client.fetch('POST', `/api/apps/${slug}/deployments`, { uploadId })),
  ).toMatchObject({
    status: 409,
    code: 'upload_incomplete',
    hint: expect.stringContaining('PUT'),
  });
  const listed = (await (await client.fetch('GET', `/api/apps/${slug}/deployments`)).json()) as {
    items: unknown[];
  };
  expect(listed.items).toEqual([]);
  expect(await storedObjects(edge, 'apps/')).toEqual([]);
});

it.each([
  ['POST', '/api/deploy', { app: 'nobody' }],
  ['GET', '/api/deployments/0123456789abcdef01234567', undefined],
  ['GET', '/api/nothing', undefined],
])('a missing resource is 404: %s %s', async (method, path, body) => {
  expect(await refusal(await client.fetch(method, path, body))).toMatchObject({
    status: 404,
    code: 'not_found',
  });
});
