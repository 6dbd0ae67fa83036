import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { getGlobalDispatcher, request, setGlobalDispatcher } from 'undici';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sendToInstance } from './instance-origin.ts';

const before = getGlobalDispatcher();
const received: { host: string | undefined; url: string | undefined; body: string }[] = [];
const server = createServer(async (message: IncomingMessage, response) => {
  let body = '';
  for await (const chunk of message) body += chunk;
  received.push({ host: message.headers.host, url: message.url, body });
  response.end('stored');
});
let origin: string;

beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a TCP server has a port');
  origin = `http://127.0.0.1:${address.port}`;
  sendToInstance(new URL('https://flux.example.invalid/'), new URL(origin));
});

afterAll(() => {
  setGlobalDispatcher(before);
  server.close();
});

test('what goes to the public address arrives at the instance, with its Host and its body', async () => {
  const url = 'https://flux.example.invalid/bucket/key?X-Amz-Signature=0';
  const answer = await request(url, { method: 'PUT', headers: { 'content-length': '5' }, body: 'bytes' });
  expect(await answer.body.text()).toBe('stored');
  expect(received.at(-1)).toEqual({
    host: 'flux.example.invalid',
    url: '/bucket/key?X-Amz-Signature=0',
    body: 'bytes',
  });
});

test.each([
  'https://other.example.invalid/',
  'https://flux.example.invalid:8443/',
  'http://flux.example.invalid/',
])('%s is another origin, and left alone', async (url) => {
  const count = received.length;
  await expect(request(url)).rejects.toThrow();
  expect(received).toHaveLength(count);
});
