/**
 * The configuration of Caddy, which ends TLS in front of the edge.
 * Source: https://caddyserver.com/docs/json/ (of version 2.6, Debian's)
 */
import { isIPv6 } from 'node:net';
import type { Addresses, Https } from '../addresses/addresses.ts';

export interface CaddyOptions {
  readonly addresses: Pick<Addresses, 'publicHost' | 'trustedProxies'>;
  readonly https: Https;
  /** Where certificates and accounts are kept, absolute. */
  readonly storage: string;
  /** The Unix socket of the edge, absolute. */
  readonly edgeSocket: string;
  /** The Unix socket of the API by which Caddy loads its files again, absolute. */
  readonly adminSocket: string;
  /** Asked whether a host may have a certificate: `?domain=` is added, 200 means yes. */
  readonly askUrl: string;
  /**
   * When certificates are renewed, if not as Caddy does: how often it looks, in seconds, and at which share of their
   * life that is left.
   */
  readonly renewal?: { readonly everySeconds: number; readonly whenLeft: number };
}

/** How long browsers use https only, in seconds. */
const HSTS_SECONDS = 365 * 24 * 3600;

/** Requests wait this long for an edge that is being restarted. */
const EDGE_WITHIN = '15s';

/** The configuration. Pure. */
export function caddyConfig(options: CaddyOptions): object {
  const { https, storage } = options;
  const at = (port: number) => `${isIPv6(https.host) ? `[${https.host}]` : https.host}:${port}`;
  return {
    // Nothing but this file configures it, and nothing is to be left of an earlier one. Only our user opens the socket.
    admin: { listen: `unix/${options.adminSocket}`, config: { persist: false } },
    logging: {
      logs: { default: { writer: { output: 'stderr' }, encoder: { format: 'json' }, level: 'INFO' } },
    },
    storage: { module: 'file_system', root: storage },
    apps: {
      http: {
        http_port: https.httpPort,
        https_port: https.port,
        grace_period: '5s',
        servers: {
          https: {
            listen: [at(https.port)],
            protocols: ['h1', 'h2', 'h3'],
            // Slow headers are an attack; bodies and WebSockets may take hours.
            read_header_timeout: '30s',
            automatic_https: { disable: true },
            tls_connection_policies: [{}],
            routes: [{ handle: [hsts(), toEdge(options)] }],
          },
          http: {
            listen: [at(https.httpPort)],
            protocols: ['h1'],
            read_header_timeout: '30s',
            read_timeout: '30s',
            automatic_https: { disable: true },
            // ACME's challenges are answered before any route.
            routes: [{ handle: [toHttps(https.publicPort)] }],
          },
        },
      },
      tls: https.certificates.from === 'files' ? filesOf(https.certificates) : acmeOf(options, at),
    },
  };
}

const hsts = () => ({
  handler: 'headers',
  response: { deferred: true, set: { 'Strict-Transport-Security': [`max-age=${HSTS_SECONDS}`] } },
});

const toEdge = ({ edgeSocket, addresses }: CaddyOptions) => ({
  handler: 'reverse_proxy',
  upstreams: [{ dial: `unix/${edgeSocket}` }],
  // Logs and progress are sent on as they come.
  flush_interval: -1,
  trusted_proxies: [...addresses.trustedProxies],
  load_balancing: { try_duration: EDGE_WITHIN, try_interval: '250ms' },
});

const toHttps = (port: number) => ({
  handler: 'static_response',
  status_code: 308,
  headers: {
    Location: [`https://{http.request.host}${port === 443 ? '' : `:${port}`}{http.request.uri}`],
    Connection: ['close'],
  },
});

const filesOf = ({ cert, key }: { cert: string; key: string }) => ({
  certificates: { load_files: [{ certificate: cert, key }] },
});

function acmeOf({ addresses, https, askUrl, renewal }: CaddyOptions, at: (port: number) => string): object {
  if (https.certificates.from !== 'acme') return {};
  const { email, directory, root } = https.certificates;
  const host = at(0)
    .slice(0, -2)
    .replace(/^\[|\]$/g, '');
  const issuer = {
    module: 'acme',
    ...(directory === null ? {} : { ca: directory }),
    ...(email === null ? {} : { email }),
    ...(root === null ? {} : { trusted_roots_pem_files: [root] }),
    challenges: {
      bind_host: host,
      http: { alternate_port: https.httpPort },
      'tls-alpn': { alternate_port: https.port },
    },
  };
  const policy = {
    issuers: [issuer],
    ...(renewal === undefined ? {} : { renewal_window_ratio: renewal.whenLeft }),
  };
  return {
    certificates: { automate: [addresses.publicHost] },
    automation: {
      policies: [
        { ...policy, subjects: [addresses.publicHost] },
        { ...policy, on_demand: true },
      ],
      on_demand: { ask: askUrl },
      ...(renewal === undefined ? {} : { renew_interval: `${renewal.everySeconds}s` }),
    },
  };
}
