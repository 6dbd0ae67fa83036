/** HTTPS by the instance itself: certificates from a real certificate authority for tests, by a real Caddy. */
import { mkdtemp, rm } from 'node:fs/promises';
import { request as plainRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from '@appflux/client';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { findAcme } from '../../stack/acme/install.ts';
import { Repository } from '../../stack/backup/format/repository.ts';
import { makeBackup } from '../../stack/backup/make.ts';
import { restore } from '../../stack/backup/restore.ts';
import { openStore } from '../../stack/backup/store/open.ts';
import { findCaddy } from '../../stack/https/caddy.ts';
import { makeSecrets, writeSecrets } from '../../stack/state.ts';
import { certificateOf, fetchByLoopback, http2Status } from '../instance/caller.ts';
import { Client } from '../instance/client.ts';
import { HOST, type HttpsInstance, SITES, startHttps } from './instance.ts';
import { uploadAndFollow } from './through.ts';

const acme = await findAcme();
const caddy = findCaddy();
const programs = acme === null || caddy === null ? null : { ...acme, caddy };

let instance: HttpsInstance;
let ca: string;
let restoreFetch: (() => void) | undefined;
let client: Client;

beforeAll(async () => {
  if (programs === null) return;
  instance = await startHttps(programs, { certificatesPerTeam: 4 });
  ca = instance.acme.issuingRoot;
  restoreFetch = fetchByLoopback(ca);
  client = new Client(instance.edge);
});

afterAll(async () => {
  restoreFetch?.();
  await instance?.stop();
});

const addresses = () => {
  const { url, operatorSecret } = instance.edge;
  return createClient({ url, token: operatorSecret }).operator.addresses();
};
const stateOf = async (host: string) => (await addresses()).certificates.find((one) => one.host === host);
const shows = (host: string) => certificateOf(host, instance.port, ca);

describe('an instance with certificates of its own', () => {
  beforeEach(({ skip }) => {
    if (programs === null) skip('Caddy or the certificate authority is not available');
  });

  test('answers its dashboard and API by https, HTTP/2 too, with HSTS', async () => {
    await expect
      .poll(() =>
        shows(HOST).then(
          () => 'a certificate',
          (error: Error) => error.message,
        ),
      )
      .toBe('a certificate');
    const response = await client.fetch('GET', '/api/health');
    expect(response.status).toBe(200);
    expect(response.headers.get('strict-transport-security')).toBe('max-age=31536000');
    expect(response.headers.get('alt-svc')).toContain('h3');
    expect(await http2Status(new URL(`${instance.edge.url}/api/health`), ca)).toBe(200);
    expect((await addresses()).tls).toBe('auto');
    expect(await stateOf(HOST)).toMatchObject({ error: null, daysLeft: expect.any(Number) });
  });

  test('leads plain http to https', async () => {
    const answer = await new Promise((resolve, reject) => {
      const request = plainRequest(
        { host: '127.0.0.1', port: instance.httpPort, path: '/a/shop?x=1', headers: { Host: HOST } },
        (response) => resolve([response.statusCode, response.headers.location]),
      );
      request.on('error', reject).end();
    });
    expect(answer).toEqual([308, `${instance.edge.url}/a/shop?x=1`]);
  });

  test('takes a large upload, and sends a log on while it is written', async () => {
    await uploadAndFollow(instance, ca);
  });

  test('gets a certificate for a site when it is first visited, and for no host that does not exist', async () => {
    await client.createApp({ name: 'Shop', slug: 'shop' });
    expect((await shows(`shop.${SITES}`)).subjectaltname).toBe(`DNS:shop.${SITES}`);
    for (const host of [`gone.${SITES}`, SITES, `a.shop.${SITES}`, 'example.test'])
      await expect(shows(host), host).rejects.toThrow();
    const hosts = (await addresses()).certificates.map(({ host }) => host);
    expect(hosts.sort()).toEqual([HOST, `shop.${SITES}`].sort());
  });

  test('says which records are missing without a wildcard', async () => {
    await client.createApp({ name: 'Known', slug: 'known' });
    const { missingRecords } = await addresses();
    expect(missingRecords).toMatchObject({
      dashboard: [],
      wildcard: { type: 'CNAME', name: `*.${SITES}`, value: HOST },
    });
    const names = missingRecords.sites.map(({ name }) => name);
    expect(names).toContain(`shop.${SITES}`);
    expect(names).not.toContain(`known.${SITES}`);
  });

  test.each([
    ['refuses', 'refused', 'open', /rejectedIdentifier/],
    ['limits', 'limited', 'rate_limited', /rateLimited/],
  ] as const)('reports an order that the authority %s, and goes on', async (...given) => {
    const [, slug, gate, reason] = given;
    await client.createApp({ name: slug, slug });
    instance.acme.gate = gate;
    // Caddy keeps the visitor waiting while it tries again, for minutes.
    const visit = shows(`${slug}.${SITES}`).catch((error: Error) => error.message);
    await expect
      .poll(() => stateOf(`${slug}.${SITES}`))
      .toMatchObject({ expiresAt: null, error: { message: expect.stringMatching(reason) } });
    instance.acme.gate = 'open';
    await shows(HOST);
    void visit;
  });

  test('limits how many hosts of a team get certificates', async () => {
    for (const slug of ['third', 'fourth']) await client.createApp({ name: slug, slug });
    // The team has asked for those of shop, refused and limited before.
    await shows(`third.${SITES}`);
    await expect(shows(`fourth.${SITES}`)).rejects.toThrow();
    await shows(`third.${SITES}`);
  });

  test('answers the question for certificates to nobody outside', async () => {
    const { pathname } = new URL(instance.askUrl);
    for (const path of [pathname, '/ask', '/api/ops/certificates']) {
      const response = await fetch(`${instance.edge.url}${path}?domain=${HOST}`);
      expect(await response.text(), path).toMatch(/not_found|<!doctype html>/);
    }
    const asked = { method: 'POST', body: JSON.stringify({ host: HOST }) };
    expect((await fetch(`${instance.edge.url}/api/ops/certificates`, asked)).status).toBe(401);
    const guess = instance.askUrl.replace(/\/[^/]+\/ask$/, '/x/ask');
    expect((await fetch(`${guess}?domain=${HOST}`)).status).toBe(404);
    expect((await fetch(`${instance.askUrl}?domain=${HOST}`)).status).toBe(200);
  });

  test('the authority is down at a renewal: the old certificate serves on, and the reason is reported', async () => {
    instance.acme.gate = 'down';
    await expect
      .poll(async () => (await stateOf(HOST))?.error?.message ?? '', { timeout: 150_000, interval: 500 })
      .toMatch(/EOF|connection/);
    const { serialNumber } = await shows(HOST);
    expect(await stateOf(HOST)).toMatchObject({
      daysLeft: expect.any(Number),
      expiresAt: expect.any(String),
    });
    expect((await client.fetch('GET', '/api/health')).status).toBe(200);
    expect((await shows(HOST)).serialNumber).toBe(serialNumber);
  });

  test('restored from a backup, its certificates serve while the authority is down', async () => {
    instance.acme.gate = 'down';
    const { state } = instance;
    // What else a backup of an instance needs.
    await writeSecrets(state, makeSecrets());
    const identity = await generateX25519Identity();
    const folder = await mkdtemp(join(tmpdir(), 'appflux-restored-'));
    try {
      const store = await openStore(join(folder, 'backup/'));
      await makeBackup({
        state,
        store,
        protection: { kind: 'recipients', recipients: [await identityToRecipient(identity)] },
        unlock: {},
        description: async () => ({ url: '', variables: {}, environment: {} }),
      });
      const repository = await Repository.open(store, { identities: [identity] });
      await restore({ repository, state: join(folder, 'restored') });
      const { serialNumber } = await shows(HOST);
      const restored = await instance.proxyOn(join(folder, 'restored'));
      const shown = await certificateOf(HOST, restored.port, ca);
      await restored.stop();
      expect(shown.serialNumber).toBe(serialNumber);
      // Without them there is nothing to show.
      const empty = await instance.proxyOn(join(folder, 'empty'));
      await expect(certificateOf(HOST, empty.port, ca)).rejects.toThrow();
      await empty.stop();
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
