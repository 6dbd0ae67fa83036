/**
 * A runner on another machine, joined by the command of the dashboard through the public https URL: an upload and a log
 * go through it, and a build there gets no further than one on the instance's own machine.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { connectEngine } from '../../runner/src/sandbox/engine.ts';
import { ensureWebImage } from '../../runner/src/testing/docker.ts';
import { findAcme } from '../../stack/acme/install.ts';
import { type Child, startChild } from '../../stack/child.ts';
import { findCaddy } from '../../stack/https/caddy.ts';
import { fetchByLoopback } from '../instance/caller.ts';
import { Client } from '../instance/client.ts';
import { zipOf } from '../source/zip.ts';
import { HOST, type HttpsInstance, startHttps } from './instance.ts';
import { addMachine, type Machine, whyNoMachine } from './machine.ts';
import { followThrough } from './through.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const STOP_GRACE_MS = 30_000;

const acme = await findAcme();
const caddy = findCaddy();
const programs = acme === null || caddy === null ? null : { ...acme, caddy };
const missing =
  programs === null ? 'Caddy or the certificate authority is not available' : await whyNoMachine();

/** A build that tries targets by itself and through the runner's proxy, and prints what became of each. */
const BUILD = (targets: readonly string[]) => `
import { mkdirSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { connect } from 'node:net';
const proxy = new URL(process.env.HTTPS_PROXY ?? process.env.https_proxy);
const through = (path) => new Promise((resolve) => {
  const asked = request({ host: proxy.hostname, port: proxy.port, method: 'CONNECT', path });
  asked.on('connect', ({ statusCode }) => resolve(statusCode)).on('response', ({ statusCode }) => resolve(statusCode));
  asked.on('error', ({ code }) => resolve(code)).end();
});
const alone = (host, port) => new Promise((resolve) => {
  connect(Number(port), host, () => resolve('connected')).on('error', ({ code }) => resolve(code));
});
for (const target of ${JSON.stringify(targets)}) {
  const [host, port] = target.split(':');
  console.log('alone', target, await alone(host, port));
  console.log('through', target, await through(target));
}
mkdirSync('dist');
writeFileSync('dist/index.html', '<title>Elsewhere</title>');
`;

describe('a runner on another machine', () => {
  let instance: HttpsInstance;
  let machine: Machine;
  let runner: Child;
  let folder: string;
  let client: Client;
  let restoreFetch: (() => void) | undefined;

  beforeAll(async () => {
    if (programs === null || missing !== null) return;
    await ensureWebImage(connectEngine());
    instance = await startHttps(programs, { certificatesPerTeam: 4 });
    folder = await mkdtemp(join(tmpdir(), 'appflux-machine-'));
    restoreFetch = fetchByLoopback(instance.acme.issuingRoot);
    client = new Client(instance.edge);
    machine = await addMachine(HOST, instance.port);
  });

  afterAll(async () => {
    await runner?.stop(STOP_GRACE_MS);
    await machine?.remove();
    restoreFetch?.();
    await instance?.stop();
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  });

  beforeEach(({ skip }) => {
    if (missing !== null) skip(missing);
  });

  test('registers by the command of the dashboard, and comes online', async () => {
    // The certificate of the dashboard comes shortly after the start.
    await expect
      .poll(async () => (await client.fetch('GET', '/api/health').catch(() => null))?.status)
      .toBe(200);
    await writeFile(join(folder, 'root.pem'), instance.acme.issuingRoot);
    const env = {
      ...process.env,
      PATH: `${join(ROOT, 'node_modules', '.bin')}:${process.env.PATH}`,
      // The root of a private authority, as docs/self-hosting.md says.
      NODE_EXTRA_CA_CERTS: join(folder, 'root.pem'),
      APPFLUX_RUNNER_STATE: join(folder, 'state'),
      APPFLUX_RUNNER_SCAN: 'off',
    };
    const { token } = await client.api.runners.createToken();
    const [program = '', ...args] = machine.prefix;
    const register = ['register', '--url', instance.edge.url, '--name', 'elsewhere', '--labels', 'linux'];
    await execa(program, [...args, 'appflux-runner', ...register], {
      env: { ...env, APPFLUX_RUNNER_TOKEN: token },
      stdin: 'ignore',
    });
    runner = await startChild({
      command: program,
      args: [...args, 'appflux-runner', 'start'],
      cwd: ROOT,
      env,
      logFile: join(folder, 'runner.log'),
    });
    await expect
      .poll(async () => (await client.runners()).map(({ name, status }) => ({ name, status })))
      .toEqual([{ name: 'elsewhere', status: 'online' }]);
  });

  test('builds an upload, shows its log while it runs, and keeps the build from the network', async () => {
    const targets = [`${machine.gateway}:${instance.port}`, `${HOST}:${instance.port}`, '169.254.169.254:80'];
    const { slug } = await client.createApp({ name: 'Elsewhere' });
    const manifest = { installCommand: 'true', buildCommand: 'node build.mjs', outputs: ['dist'] };
    const source = await zipOf({
      'package.json': JSON.stringify({ name: 'elsewhere', version: '1.0.0', private: true }),
      'appflux.json': JSON.stringify(manifest),
      'build.mjs': BUILD(targets),
    });
    const { id } = await client.deploy(slug, { uploadId: await client.upload('site.zip', source) });
    const { lines, stop } = await followThrough(instance.edge, id, instance.acme.issuingRoot);
    const { failure, artifacts, runner: by } = await client.untilEnded(id);
    expect(failure, lines.join('\n')).toBeNull();
    expect(by?.name).toBe('elsewhere');
    await expect.poll(() => lines.filter((line) => line.startsWith('through ')).length).toBe(targets.length);
    stop();
    for (const target of targets) {
      expect(lines).toContain(`through ${target} 403`);
      expect(lines.find((line) => line.startsWith(`alone ${target} `))).toMatch(
        / (?:ENETUNREACH|EAI_AGAIN|ENOTFOUND)$/,
      );
    }
    const artifact = await fetch(artifacts[0]?.url ?? '');
    expect((await artifact.arrayBuffer()).byteLength).toBe(artifacts[0]?.size);
  });
});
