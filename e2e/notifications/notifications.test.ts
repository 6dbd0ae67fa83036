/**
 * Notifications of a real instance: to a receiver that checks the signature as docs/notifications.md says, and to a real
 * SMTP server, which brings sign-in links as well.
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer, text } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';
import { type Client, createClient } from '@appflux/client';
import { SMTPServer } from 'smtp-server';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type EdgeInstance, startInstance } from '../instance/edge.ts';

interface Received {
  headers: IncomingHttpHeaders;
  body: Buffer;
}

type Check = (headers: IncomingHttpHeaders, body: Buffer, secret: string, now?: number) => boolean;

let receiver: Server;
/** What the receiver answers. */
let status = 200;
const received: Received[] = [];
let smtp: SMTPServer;
const mails: { to: string[]; raw: string }[] = [];
let edge: EdgeInstance;
let client: Client;
let folder: string;

const portOf = (server: { address(): unknown }) => (server.address() as AddressInfo).port;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'appflux-notifications-'));
  receiver = createServer(async (request, response) => {
    received.push({ headers: request.headers, body: await buffer(request) });
    response.writeHead(status).end();
  });
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  smtp = new SMTPServer({
    disabledCommands: ['STARTTLS', 'AUTH'],
    onData: async (stream, { envelope }, callback) => {
      mails.push({ to: envelope.rcptTo.map(({ address }) => address), raw: await text(stream) });
      callback();
    },
  });
  await new Promise<void>((resolve) => smtp.listen(0, '127.0.0.1', resolve));
  edge = await startInstance({
    variables: {
      APPFLUX_SIGN_UP: 'open',
      APPFLUX_ALLOW_PRIVATE_TARGETS: '1',
      MAIL_FROM: 'AppFlux <appflux@example.com>',
    },
    config: { smtpUrl: `smtp://127.0.0.1:${portOf(smtp.server)}` },
  });
  client = createClient({ url: edge.url, token: edge.token });
  const source = { provider: 'git' as const, repoUrl: 'https://git.example/team/shop.git' };
  await client.apps.create({ name: 'Shop', slug: 'shop', source });
});

afterAll(async () => {
  await edge?.stop();
  receiver?.closeAllConnections();
  receiver?.close();
  await new Promise<void>((resolve) => (smtp === undefined ? resolve() : smtp.close(() => resolve())));
  await rm(folder, { recursive: true, force: true });
});

/** The function of the page's example, as somebody would copy it. */
async function checkOfDocs(): Promise<Check> {
  const page = await readFile(join(import.meta.dirname, '..', '..', 'docs', 'notifications.md'), 'utf8');
  const [, code = ''] = /```js\n(.*?)```/s.exec(page) ?? [];
  const file = join(folder, 'verify.mjs');
  await writeFile(file, code);
  const { isFromAppFlux } = (await import(pathToFileURL(file).href)) as { isFromAppFlux: Check };
  return isFromAppFlux;
}

/** A deployment that was canceled. */
async function canceled(): Promise<string> {
  const { id } = await client.deployments.create('shop', {});
  await client.deployments.cancel(id);
  return id;
}

it('sends a webhook whose signature the documented check accepts, and nothing that was changed', async () => {
  const url = `http://127.0.0.1:${portOf(receiver)}/hook`;
  const { id, secret } = await client.hooks.create({ kind: 'webhook', url, events: ['deployment.canceled'] });
  const deployment = await canceled();
  await expect.poll(() => received.length).toBe(1);
  const [got] = received;
  if (got === undefined || secret === null) throw new Error('nothing to check');
  expect(JSON.parse(got.body.toString())).toMatchObject({
    event: 'deployment.canceled',
    app: { slug: 'shop' },
    deployment: { id: deployment, status: 'canceled' },
  });
  const check = await checkOfDocs();
  expect(check(got.headers, got.body, secret)).toBe(true);
  expect(check(got.headers, Buffer.concat([got.body, Buffer.from(' ')]), secret)).toBe(false);
  expect(check(got.headers, got.body, `${secret}x`)).toBe(false);
  expect(check(got.headers, got.body, secret, Date.now() + 301_000)).toBe(false);
  const later = { ...got.headers, 'x-appflux-timestamp': String(Math.floor(Date.now() / 1000) + 1) };
  expect(check(later, got.body, secret)).toBe(false);
  expect(check({}, got.body, secret)).toBe(false);
  await expect.poll(async () => (await client.hooks.deliveries(id)).items[0]?.status).toBe('delivered');
});

it('sends again after the receiver and the instance itself were away, with the same id', async () => {
  received.length = 0;
  status = 503;
  const deployment = await canceled();
  await expect.poll(() => received.length).toBeGreaterThanOrEqual(1);
  await edge.crash();
  status = 200;
  const [hook] = (await client.hooks.list()).items;
  const delivery = async () =>
    (await client.hooks.deliveries(hook?.id ?? '')).items.find((item) => item.deploymentId === deployment);
  await client.hooks.redeliver(hook?.id ?? '', (await delivery())?.id ?? '');
  await expect.poll(async () => (await delivery())?.status).toBe('delivered');
  const ids = new Set(received.map(({ headers }) => headers['x-appflux-delivery']));
  expect([...ids]).toEqual([(await delivery())?.id]);
});

it('sends an email through an SMTP server, and the links of people as well', async () => {
  await client.hooks.create({ kind: 'email', address: 'ops@example.com', events: ['deployment.canceled'] });
  await canceled();
  await expect.poll(() => mails.length).toBe(1);
  expect(mails[0]?.to).toEqual(['ops@example.com']);
  expect(mails[0]?.raw).toMatch(/^Subject: Shop #\d+: production deployment was canceled\r$/m);
  const post = (path: string, body: object) =>
    fetch(`${edge.url}/auth/v1${path}`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
    });
  await post('/signup', { email: 'ada@example.com', password: 'correct horse battery' });
  await post('/recover', { email: 'ada@example.com' });
  await expect.poll(() => mails.length).toBe(2);
  expect(mails[1]?.to).toEqual(['ada@example.com']);
  expect(mails[1]?.raw).toContain('Subject: Set a new password for AppFlux');
});
