/** APPFLUX_TLS=files through a running Caddy: a renewed certificate is served without a restart. */
import { copyFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { get } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { addressesOf } from '../../stack/addresses/addresses.ts';
import { LOOPBACK_ONLY } from '../../stack/addresses/reach.ts';
import { freePort } from '../../stack/free-port.ts';
import { findCaddy } from '../../stack/https/caddy.ts';
import { startProxy } from '../../stack/https/proxy.ts';
import { statePaths } from '../../stack/state.ts';
import { certificateOf } from '../instance/caller.ts';

const HOST = 'flux.example.test';
const caddy = findCaddy();

let folder: string;
let port: number;
let edge: Server;
let proxy: { stop(): Promise<void> } | undefined;
const said: string[] = [];
const file = (name: string) => join(folder, name);
/** Both certificates, which sign themselves. */
let ca: string;

/** A certificate and its key, as `{name}.pem` and `{name}.key`. */
async function issue(name: string): Promise<string> {
  await execa('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '30'],
    ...['-subj', `/CN=${name}`, '-addext', `subjectAltName=DNS:${HOST}`],
    ...['-keyout', file(`${name}.key`), '-out', file(`${name}.pem`)],
  ]);
  return readFile(file(`${name}.pem`), 'utf8');
}

const issuerNow = async () => (await certificateOf(HOST, port, ca)).subject.CN;

beforeAll(async () => {
  if (caddy === null) return;
  folder = await mkdtemp(join(tmpdir(), 'appflux-files-'));
  ca = (await issue('first')) + (await issue('second'));
  await copyFile(file('first.pem'), file('cert.pem'));
  await copyFile(file('first.key'), file('key.pem'));
  edge = createServer((_, response) => response.end('from the edge')).listen(file('edge.sock'));
  port = await freePort();
  const tls = {
    ...LOOPBACK_ONLY.tls,
    mode: 'files',
    cert: file('cert.pem'),
    key: file('key.pem'),
    httpPort: await freePort(),
  } as const;
  const reach = {
    ...LOOPBACK_ONLY,
    publicUrl: `https://${HOST}:${port}`,
    sitesDomain: 'sites.example.test',
    tls,
  };
  const addresses = addressesOf({ port: 1, reach });
  if (addresses.https === null) throw new Error('these settings are for https');
  proxy = await startProxy({
    program: caddy,
    addresses,
    https: addresses.https,
    files: statePaths(folder).proxy,
    edgeSocket: file('edge.sock'),
    askUrl: 'http://127.0.0.1:1/ask',
    lookEveryMs: 100,
    env: process.env,
    say: (text) => said.push(text),
  });
});

afterAll(async () => {
  await proxy?.stop();
  edge?.close();
  if (folder !== undefined) await rm(folder, { recursive: true, force: true });
});

/** Visitors, each with a connection of its own, until `stop`. Returns how many there were and what went wrong. */
function visitors() {
  const failures: string[] = [];
  let count = 0;
  const visit = () => {
    const options = { host: '127.0.0.1', port, servername: HOST, ca, agent: false, headers: { Host: HOST } };
    const request = get(options, (response) => {
      if (response.statusCode !== 200) failures.push(String(response.statusCode));
      else count += 1;
      response.resume();
    });
    request.on('error', (error) => failures.push(error.message));
  };
  const timer = setInterval(visit, 20);
  return {
    stop: () => clearInterval(timer),
    failures,
    count: () => count,
  };
}

describe('certificate files that are replaced', () => {
  beforeEach(({ skip }) => {
    if (caddy === null) skip('Caddy is not installed');
  });

  test('are served without a restart, and the port stays open', async () => {
    expect(await issuerNow()).toBe('first');
    const some = visitors();
    await expect.poll(some.count).toBeGreaterThan(5);

    // Half of the pair: what was loaded stays.
    await copyFile(file('second.pem'), file('cert.pem'));
    await expect.poll(() => said.join('\n')).toContain("can't be used: APPFLUX_TLS_KEY is not the key");
    expect(await issuerNow()).toBe('first');

    await copyFile(file('second.key'), file('key.pem'));
    await expect.poll(issuerNow).toBe('second');
    const before = some.count();
    await expect.poll(some.count).toBeGreaterThan(before + 5);
    some.stop();
    // Caddy may break off a request that is just then on its way; it refuses no connection.
    expect(some.failures.filter((failure) => failure.includes('ECONNREFUSED'))).toEqual([]);
    expect(said.join('\n')).toContain('The certificate files changed; the proxy loads them');
    expect(said.join('\n')).not.toContain('restarting');
  });
});
