/**
 * Links that a local instance sends through a mail service, and what its operator finds of those that did not arrive.
 */

import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createClient } from '@appflux/client';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { type EdgeInstance, startInstance } from '../instance/edge.ts';

const KEY = 'key-of-the-mail-service';
const PASSWORD = 'correct horse battery';
const Message = z.object({
  from: z.string(),
  to: z.array(z.string()),
  subject: z.string(),
  text: z.string(),
});

let service: Server;
/** The answers of the service: `down` for a moment, `refusing` permanently, `up` otherwise. */
let state: 'up' | 'down' | 'refusing' = 'up';
const sent: z.infer<typeof Message>[] = [];
const keys: string[] = [];
let edge: EdgeInstance;

beforeAll(async () => {
  service = createServer(async (request, response) => {
    let text = '';
    for await (const chunk of request) text += chunk;
    keys.push(String(request.headers.authorization));
    if (state === 'down') return void response.writeHead(503, { 'Retry-After': '5' }).end();
    if (state === 'refusing') return void response.writeHead(422).end('{"message":"Domain is not verified"}');
    sent.push(Message.parse(JSON.parse(text)));
    response.end('{"id":"1"}');
  });
  await new Promise<void>((resolve) => service.listen(0, '127.0.0.1', resolve));
  edge = await startInstance({
    variables: {
      APPFLUX_SIGN_UP: 'open',
      MAIL_API_URL: `http://127.0.0.1:${(service.address() as AddressInfo).port}/emails`,
      MAIL_API_KEY: KEY,
      MAIL_FROM: 'AppFlux <appflux@example.com>',
    },
  });
  for (const name of ['ada', 'bob', 'eve']) {
    expect((await post('/signup', { email: `${name}@example.com`, password: PASSWORD })).status).toBe(200);
  }
});

afterAll(async () => {
  await edge?.stop();
  service?.closeAllConnections();
  service?.close();
});

const post = (path: string, body: object) =>
  fetch(`${edge.url}/auth/v1${path}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  });

const outbox = () => createClient({ url: edge.url, token: edge.operatorSecret }).operator.outbox();

const failureFor = async (email: string) => (await outbox()).find(({ to }) => to === email)?.failure;
const tokenOf = (text: string) => /#token_hash=([\w-]+)/.exec(text)?.[1];
const recover = (token_hash: string | undefined) => post('/verify', { type: 'recovery', token_hash });

it('sends a link to its person and nowhere else', async () => {
  expect((await post('/recover', { email: 'ada@example.com' })).status).toBe(200);
  await expect.poll(() => sent.length).toBe(1);
  const [mail] = sent;
  expect(mail).toMatchObject({
    from: 'AppFlux <appflux@example.com>',
    to: ['ada@example.com'],
    subject: 'Set a new password for AppFlux',
  });
  const token = tokenOf(mail?.text ?? '');
  expect((await recover(token)).status).toBe(200);
  expect(await outbox()).toEqual([]);
  const log = await edge.output();
  expect(log).toContain('A recovery link was requested');
  expect(log).not.toContain(token);
  expect(log).not.toContain('token_hash');
  expect(keys.every((key) => key === `Bearer ${KEY}`)).toBe(true);
});

it('sends it after an outage of the service, and of its own, with the same link', async () => {
  state = 'down';
  await post('/recover', { email: 'bob@example.com' });
  await expect.poll(() => failureFor('bob@example.com')).toBe('The mail API answered 503');
  const [waiting] = await outbox();
  state = 'up';
  await edge.crash();
  await expect.poll(() => sent.length).toBe(2);
  expect(sent[1]?.to).toEqual(['bob@example.com']);
  expect(tokenOf(sent[1]?.text ?? '')).toBe(tokenOf(waiting?.url ?? ''));
  await expect.poll(outbox).toEqual([]);
});

it('leaves links that the service refuses to the operator', async () => {
  state = 'refusing';
  await post('/recover', { email: 'eve@example.com' });
  await expect
    .poll(() => failureFor('eve@example.com'))
    .toBe('The mail API answered 422: Domain is not verified');
  const [item] = await outbox();
  expect(item?.nextTryAt).toBeNull();
  expect((await recover(tokenOf(item?.url ?? ''))).status).toBe(200);
  expect(await outbox()).toEqual([]);
  expect(await edge.output()).not.toContain(KEY);
});
