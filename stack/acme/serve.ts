/** Runs the certificate authority of install.ts, behind a gate that can refuse for it or be down. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, request as send } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { type Child, startChild } from '../child.ts';
import { freePort } from '../free-port.ts';
import type { AcmePrograms } from './install.ts';

/** What the gate does with requests: passes them on, answers orders with RFC 8555's `rateLimited`, or drops all. */
export type GateState = 'open' | 'rate_limited' | 'down';

export interface Acme {
  /** The directory's URL, and the PEM file of the authority that its TLS certificate is of. */
  readonly directory: string;
  readonly directoryRoot: string;
  /** The root of the certificates that it issues, as PEM. */
  readonly issuingRoot: string;
  gate: GateState;
  stop(): Promise<void>;
}

const STARTS_WITHIN_MS = 20_000;

/**
 * Starts it. Every name resolves to 127.0.0.1, where challenges are answered on these two ports; `refused` are names
 * that it gives no certificates for.
 */
export async function startAcme(
  programs: AcmePrograms,
  { httpPort, tlsPort, refused }: { httpPort: number; tlsPort: number; refused: readonly string[] },
): Promise<Acme> {
  const folder = await mkdtemp(join(tmpdir(), 'appflux-acme-'));
  const ports = {
    acme: await freePort(),
    management: await freePort(),
    dns: await freePort(),
    dnsControl: await freePort(),
  };
  const file = (name: string) => join(folder, name);
  await execa('openssl', [
    ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=localhost'],
    ...[
      '-addext',
      'subjectAltName=DNS:localhost,IP:127.0.0.1',
      '-keyout',
      file('key.pem'),
      '-out',
      file('cert.pem'),
    ],
  ]);
  const config = {
    listenAddress: `127.0.0.1:${ports.acme}`,
    managementListenAddress: `127.0.0.1:${ports.management}`,
    certificate: file('cert.pem'),
    privateKey: file('key.pem'),
    httpPort,
    tlsPort,
    ocspResponderURL: '',
    externalAccountBindingRequired: false,
    domainBlocklist: refused,
  };
  await writeFile(file('pebble.json'), JSON.stringify({ pebble: config }));
  // Its deliberate delays, and its refusals of every twentieth nonce, are taken out.
  const env = { ...process.env, PEBBLE_VA_NOSLEEP: '1', PEBBLE_WFE_NONCEREJECT: '0' };
  const run = (command: string, args: string[], log: string): Promise<Child> =>
    startChild({ command, args, cwd: folder, env, logFile: file(log) });
  const dnsArgs = [
    '-defaultIPv4',
    '127.0.0.1',
    '-defaultIPv6',
    '',
    '-doh',
    '',
    '-http01',
    '',
    '-https01',
    '',
    '-tlsalpn01',
    '',
  ];
  const nameServer = await run(
    programs.nameServer,
    ['-dnsserver', `127.0.0.1:${ports.dns}`, '-management', `127.0.0.1:${ports.dnsControl}`, ...dnsArgs],
    'dns.log',
  );
  const pebble = await run(
    programs.pebble,
    ['-config', file('pebble.json'), '-dnsserver', `127.0.0.1:${ports.dns}`],
    'pebble.log',
  );
  const cert = await readFile(file('cert.pem'), 'utf8');
  const issuingRoot = await untilAnswered(`https://127.0.0.1:${ports.management}/roots/0`, cert);

  const acme: Omit<Acme, 'stop' | 'directory'> & { gate: GateState } = {
    directoryRoot: file('cert.pem'),
    issuingRoot,
    gate: 'open',
  };
  const gate = createServer({ cert, key: await readFile(file('key.pem')) }, (request, response) => {
    if (acme.gate === 'down') return void request.socket.destroy();
    if (acme.gate === 'rate_limited' && request.url === '/order-plz') {
      const problem = {
        type: 'urn:ietf:params:acme:error:rateLimited',
        detail: 'too many certificates',
        status: 429,
      };
      response.writeHead(429, {
        'Content-Type': 'application/problem+json',
        'Replay-Nonce': Buffer.from(String(performance.now())).toString('base64url'),
        'Retry-After': '3600',
      });
      return void response.end(JSON.stringify(problem));
    }
    // The Host stays: the authority writes it into the URLs that it gives out.
    const { method, url, headers } = request;
    const onward = send(
      { host: '127.0.0.1', port: ports.acme, method, path: url, headers, ca: cert, servername: 'localhost' },
      (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      },
    );
    onward.on('error', () => request.socket.destroy());
    request.pipe(onward);
  });
  const gatePort = await freePort();
  await new Promise<void>((resolve) => gate.listen(gatePort, '127.0.0.1', resolve));
  return Object.assign(acme, {
    directory: `https://localhost:${gatePort}/dir`,
    stop: async () => {
      gate.closeAllConnections();
      gate.close();
      await Promise.all([pebble.stop(2_000), nameServer.stop(2_000)]);
      await rm(folder, { recursive: true, force: true });
    },
  });
}

/** The body of an address that is about to answer, over TLS with this certificate. */
async function untilAnswered(url: string, ca: string): Promise<string> {
  const deadline = performance.now() + STARTS_WITHIN_MS;
  for (;;) {
    const body = await new Promise<string | null>((resolve) => {
      const request = send(url, { ca }, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk;
        });
        response.on('end', () => resolve(response.statusCode === 200 ? text : null));
      });
      request.on('error', () => resolve(null)).end();
    });
    if (body !== null) return body;
    if (performance.now() > deadline) throw new Error('The certificate authority does not answer');
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
