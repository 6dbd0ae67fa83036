/**
 * Builds that look for another way out than the proxy, or through the proxy to where they may not get. Listeners and a
 * resolver of the test's own stand for the targets; what is dialed is noted, and dialed nowhere.
 */
import { chmod, chown, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { ensureWebImage, WEB_IMAGE } from '../../testing/docker.ts';
import { BUILDER_UID } from '../container-spec.ts';
import { dialDirectly } from '../egress/dial.ts';
import { type Egress, type EgressOptions, startEgress } from '../egress/index.ts';
import { authorityOf } from '../egress/target.ts';
import { listen, PUBLIC } from '../egress/testing/harness.ts';
import { connectEngine } from '../engine.ts';

vi.setConfig({ testTimeout: 60_000 });

/** An address of this machine that is not loopback: what a container with a network would reach it at. */
const HOST_ADDRESS =
  Object.values(networkInterfaces())
    .flat()
    .find((entry) => entry?.family === 'IPv4' && !entry.internal)?.address ?? '127.0.0.1';

let folder: string;
let source: string;
let egress: Egress;
let dialed: { readonly authority: string; readonly addresses: readonly string[] }[];
let log: string[];

beforeAll(() => ensureWebImage(connectEngine()), 600_000);

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'appflux-attack-'));
  source = join(folder, 'source');
  await mkdir(source);
  await mkdir(join(folder, 'net'));
  await chmod(folder, 0o755);
  await chown(source, BUILDER_UID, BUILDER_UID);
  dialed = [];
  log = [];
});

afterEach(async () => {
  await egress.close();
  await rm(folder, { recursive: true });
});

/** Runs a program of Node in a container without a network, beside a proxy that notes what it would dial. */
async function run(program: string, options: Partial<EgressOptions> = {}): Promise<string> {
  egress = await startEgress({
    socketPath: join(folder, 'net', 'proxy.sock'),
    allow: ['packages.test'],
    npmRegistry: null,
    log: (text) => log.push(text),
    findHostProxy: () => null,
    resolve: async () => [PUBLIC],
    dial: async (target, addresses) => {
      dialed.push({ authority: authorityOf(target), addresses });
      throw Object.assign(new Error('only noted'), { code: 'ECONNREFUSED' });
    },
    ...options,
  });
  await writeFile(join(source, 'attack.mjs'), program);
  const variables = Object.entries({
    ...egress.environment,
    APPFLUX_MARK: 'c0ffee',
    APPFLUX_BUILD_COMMAND: 'node attack.mjs',
    APPFLUX_EGRESS_SOCKET: '/run/appflux/proxy.sock',
  }).flatMap(([name, value]) => ['--env', `${name}=${value}`]);
  const mounts = ['--volume', `${source}:/workspace`, '--volume', `${join(folder, 'net')}:/run/appflux:ro`];
  const limits = ['--cap-drop', 'ALL', '--security-opt', 'no-new-privileges', '--init'];
  const { all } = await execa(
    'docker',
    ['run', '--rm', '--network', 'none', ...limits, ...mounts, ...variables, WEB_IMAGE],
    { all: true, reject: false },
  );
  return all;
}

/** Tries each authority with CONNECT, the web's ports also with GET; gives what the proxy answered. */
async function askProxy(
  authorities: readonly string[],
  options: Partial<EgressOptions> = {},
): Promise<Record<string, unknown>> {
  const output = await run(
    `
    import { request } from 'node:http';
    const ask = (method, path) => new Promise((resolve) => {
      request({ host: '127.0.0.1', port: 3128, method, path, headers: { Host: 'x' } })
        .on('connect', (response, socket) => { socket.destroy(); resolve(response.statusCode); })
        .on('response', (response) => { response.resume(); resolve(response.statusCode); })
        .on('error', (error) => resolve(error.code))
        .end();
    });
    const answers = {};
    for (const authority of ${JSON.stringify(authorities)}) {
      answers['CONNECT ' + authority] = await ask('CONNECT', authority);
      answers['GET ' + authority] = await ask('GET', 'http://' + authority + '/latest/meta-data/');
    }
    console.log(JSON.stringify(answers));
    `,
    options,
  );
  const line = /^\{.*\}$/m.exec(output)?.[0];
  if (line === undefined) throw new Error(output);
  return JSON.parse(line);
}

describe('past the proxy', () => {
  test('there is nothing: no interface, no name server, no address, not even this machine', async () => {
    const port = await listen(createServer((_request, response) => response.end('reached')));
    const output = await run(`
      import { lookup, resolve4 } from 'node:dns/promises';
      import { createSocket } from 'node:dgram';
      import { connect } from 'node:net';
      import { networkInterfaces } from 'node:os';
      const outcome = {
        interfaces: Object.keys(networkInterfaces()).join(),
        lookup: await lookup('packages.test').then(() => 'resolved', () => 'failed'),
        dns: await resolve4('packages.test').then(() => 'resolved', () => 'failed'),
      };
      for (const host of ['127.0.0.1', '${HOST_ADDRESS}', '${PUBLIC}', '169.254.169.254', '172.17.0.1', '::ffff:${HOST_ADDRESS}']) {
        outcome['to ' + host] = await new Promise((resolve) => {
          connect({ host, port: ${port}, timeout: 2000 })
            .on('connect', () => resolve('reached'))
            .on('error', (error) => resolve(error.code))
            .on('timeout', () => resolve('timeout'));
        });
      }
      outcome.udp = await new Promise((resolve) => {
        createSocket('udp4').send('x', 53, '${PUBLIC}', (error) => resolve(error?.code ?? 'sent'));
      });
      console.log(JSON.stringify(outcome));
      process.exit();
    `);
    expect(JSON.parse(/^\{.*\}$/m.exec(output)?.[0] ?? output)).toEqual({
      interfaces: 'lo',
      lookup: 'failed',
      dns: 'failed',
      'to 127.0.0.1': 'ECONNREFUSED',
      [`to ${HOST_ADDRESS}`]: 'ENETUNREACH',
      [`to ${PUBLIC}`]: 'ENETUNREACH',
      'to 169.254.169.254': 'ENETUNREACH',
      'to 172.17.0.1': 'ENETUNREACH',
      [`to ::ffff:${HOST_ADDRESS}`]: 'ENETUNREACH',
      udp: 'ENETUNREACH',
    });
  });

  test('Git finds no SSH, and the log says what to do instead', async () => {
    const output = await run(`
      import { spawnSync } from 'node:child_process';
      for (const url of ['ssh://git@code.test/x.git', 'ssh://git@code.test:2222/x.git', 'git@code.test:x.git']) {
        const { status, stderr } = spawnSync('git', ['ls-remote', url], { encoding: 'utf8' });
        console.log(status, stderr.split('\\n')[0]);
      }
    `);
    const sentence =
      '128 AppFlux: builds cannot fetch over SSH. Use the https URL of the repository (git+https:// in package.json).';
    expect(output.split('\n').filter((line) => line === sentence).length).toBe(3);
  });
});

describe('through the proxy', () => {
  test.each([
    [
      'this host',
      ['127.0.0.1:80', 'localhost:80', '[::1]:80', '0.0.0.0:80', `${HOST_ADDRESS}:443`, `${HOST_ADDRESS}:22`],
    ],
    [
      'the metadata service',
      [
        '169.254.169.254:80',
        '[::ffff:169.254.169.254]:80',
        '2852039166:80',
        '0xa9fea9fe:80',
        '[fd00:ec2::254]:80',
        'metadata.google.internal:80',
      ],
    ],
    [
      'another port of an allowed host, such as SSH',
      ['packages.test:22', 'packages.test:25', 'packages.test:3306'],
    ],
    [
      'a host that is not allowed',
      ['evil.test:443', 'packages.test.evil.test:443', 'evilpackages.test:443', `${PUBLIC}:443`],
    ],
  ])('%s is refused before anything is dialed', async (_, authorities) => {
    const answers = await askProxy(authorities);
    expect(Object.keys(answers).length).toBe(2 * authorities.length);
    // 400: not even the form of an authority.
    for (const [asked, status] of Object.entries(answers)) expect([403, 400], asked).toContain(status);
    expect(dialed).toEqual([]);
    expect(egress.report().hosts).toEqual([]);
    expect(log.length).toBeGreaterThan(0);
  });

  test.each([
    ['loopback', '127.0.0.1'],
    ['this host', HOST_ADDRESS],
    ['the metadata service', '169.254.169.254'],
    ['a private network', '10.0.0.5'],
    ['the metadata service, IPv4-mapped', '::ffff:169.254.169.254'],
  ])('an allowed name that leads to %s is refused before anything is dialed', async (_, address) => {
    const answers = await askProxy(['packages.test:443', 'packages.test:80'], {
      resolve: async () => [address],
    });
    expect(new Set(Object.values(answers))).toEqual(new Set([403]));
    expect(dialed).toEqual([]);
    expect(log.join('\n')).toContain('resolves to an address that is not public');
  });

  test('a redirect of an allowed host leads no further than its target is allowed', async () => {
    const port = await listen(
      createServer((_request, response) =>
        response.writeHead(302, { Location: 'http://169.254.169.254/latest/meta-data/' }).end(),
      ),
    );
    const output = await run(
      "console.log('ended with', await fetch('http://packages.test/').then(({ status }) => status, () => 'an error'));",
      {
        dial: (target, addresses, patienceMs) => {
          dialed.push({ authority: authorityOf(target), addresses });
          return dialDirectly({ host: '127.0.0.1', port, literal: true }, ['127.0.0.1'], patienceMs);
        },
      },
    );
    expect(output).toMatch(/ended with (403|an error)$/m);
    // The tool may have opened more connections than it needed.
    expect(new Set(dialed.map(({ authority }) => authority))).toEqual(new Set(['packages.test:80']));
    expect(log.join('\n')).toContain('169.254.169.254:80 is an IP address; only names are allowed');
  });

  test('an allowed name that changes its answer is dialed at what was checked, never at what came later', async () => {
    let asked = 0;
    const answers = await askProxy(['packages.test:443', 'packages.test:80'], {
      resolve: async () => {
        asked += 1;
        return [asked === 1 ? PUBLIC : '127.0.0.1'];
      },
    });
    expect(answers).toMatchObject({ 'CONNECT packages.test:443': 502, 'GET packages.test:80': 403 });
    expect(asked).toBeGreaterThan(1);
    expect(dialed).toEqual([{ authority: 'packages.test:443', addresses: [PUBLIC] }]);
  });
});
