/**
 * What this process answers on loopback: Caddy's question whether a host may have a certificate, and the edge's for the
 * state of certificates, names and this machine, and for DNS. None is behind the instance's port or the proxy, so nobody reaches it from outside.
 */
import { randomBytes, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { BlockList, isIPv6 } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { AddressStatus, CertificateState, MachineStatus } from '@appflux/protocol';
import type { Addresses } from '../addresses/addresses.ts';
import { isAddress, isLoopback } from '../addresses/host.ts';
import { hasWildcard, type Resolve, resolves } from '../addresses/resolving.ts';
import { answerDns, type DnsResolver, systemResolver } from './dns-answers.ts';

/** How many names are looked up for one question. */
const MOST_HOSTS = 101;

export interface Answering {
  readonly addresses: Addresses;
  /** Whether a host may have a certificate. Throws when that can't be said now. */
  readonly mayHaveCertificate: (host: string) => Promise<boolean>;
  readonly certificates: () => Promise<CertificateState[]>;
  readonly machine: () => Promise<MachineStatus>;
  readonly resolve?: Resolve;
  readonly dns?: DnsResolver;
}

export interface Answers extends AsyncDisposable {
  /** For Caddy, which adds `?domain=`. */
  readonly askUrl: string;
  /** For the edge, which adds `?host=`. */
  readonly statusUrl: string;
  /** For the edge: disks and versions. */
  readonly machineUrl: string;
  /** For the edge, which adds `?name=` and `&type=`. */
  readonly dnsUrl: string;
}

/** Answers on a free port of 127.0.0.1, below a path that only those know who are given it. */
export async function serveAnswers(answering: Answering): Promise<Answers> {
  const secret = randomBytes(24).toString('base64url');
  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? '/', 'http://127.0.0.1');
    const [, given = '', what = ''] = url.pathname.split('/');
    try {
      if (!isSame(given, secret)) response.statusCode = 404;
      else if (what === 'ask') {
        const allowed = await answering.mayHaveCertificate(url.searchParams.get('domain') ?? '');
        response.statusCode = allowed ? 200 : 404;
      } else if (what === 'status') {
        const status = await addressStatus(answering, url.searchParams.getAll('host').slice(0, MOST_HOSTS));
        response.setHeader('Content-Type', 'application/json');
        response.write(JSON.stringify(status));
      } else if (what === 'machine') {
        response.setHeader('Content-Type', 'application/json');
        response.write(JSON.stringify(await answering.machine()));
      } else if (what === 'dns-query') {
        const { searchParams } = url;
        const { dns = systemResolver() } = answering;
        response.setHeader('Content-Type', 'application/dns-json');
        response.write(
          JSON.stringify(
            await answerDns(searchParams.get('name') ?? '', searchParams.get('type') ?? '', dns),
          ),
        );
      } else response.statusCode = 404;
    } catch {
      // The edge is being restarted, or a file is unreadable: the asker repeats the question.
      response.statusCode = 503;
    }
    response.end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a TCP server has a port');
  server.unref();
  const at = (what: string) => `http://127.0.0.1:${address.port}/${secret}/${what}`;
  return {
    askUrl: at('ask'),
    statusUrl: at('status'),
    machineUrl: at('machine'),
    dnsUrl: at('dns-query'),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

const isSame = (given: string, secret: string): boolean =>
  given.length === secret.length && timingSafeEqual(Buffer.from(given), Buffer.from(secret));

async function addressStatus(answering: Answering, hosts: readonly string[]): Promise<AddressStatus> {
  const { addresses, resolve } = answering;
  const needsRecord = (name: string) => !isLoopback(name) && !isAddress(name);
  const wildcard = needsRecord(addresses.sitesHost) ? await hasWildcard(addresses.sitesHost, resolve) : true;
  const isSite = (host: string) => host.endsWith(`.${addresses.sitesHost}`);
  // With a wildcard, no site needs a record of its own.
  const asked = hosts.filter((host) => needsRecord(host) && !(wildcard === true && isSite(host)));
  const found = await Promise.all(asked.map((host) => resolves(host, resolve)));
  return {
    tls: tlsOf(addresses),
    certificates: await answering.certificates(),
    wildcard,
    unresolved: asked.filter((_, index) => found[index] === false),
    machine: publicAddresses(networkInterfaces()),
  };
}

function tlsOf({ https }: Addresses): AddressStatus['tls'] {
  if (https === null) return 'off';
  return https.certificates.from === 'files' ? 'files' : 'auto';
}

/** Networks that visitors can't reach: RFC 1918, 6598, 3927, 4193 and 4291 §2.5.6. */
const PRIVATE = new BlockList();
for (const [network, prefix] of [
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['100.64.0.0', 10],
  ['169.254.0.0', 16],
  ['127.0.0.0', 8],
] as const)
  PRIVATE.addSubnet(network, prefix, 'ipv4');
for (const [network, prefix] of [
  ['fc00::', 7],
  ['fe80::', 10],
] as const)
  PRIVATE.addSubnet(network, prefix, 'ipv6');

/** The addresses of a machine that visitors can reach, as far as it knows them. Pure. */
export const publicAddresses = (interfaces: ReturnType<typeof networkInterfaces>): string[] =>
  Object.values(interfaces)
    .flatMap((list) => list ?? [])
    .filter(
      ({ internal, address }) => !internal && !PRIVATE.check(address, isIPv6(address) ? 'ipv6' : 'ipv4'),
    )
    .map(({ address }) => address);
