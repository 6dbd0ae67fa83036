/** The variables that say how an instance is reached, and what they parse to. */
import { isIP } from 'node:net';
import { resolve } from 'node:path';
import { z } from 'zod';

/** An IP address or a network in CIDR notation, such as `10.0.0.0/8`. */
const Network = z.string().refine((text) => {
  const [address = '', bits, ...more] = text.split('/');
  const family = isIP(address);
  if (family === 0 || more.length > 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128));
}, 'lists IP addresses and networks such as 127.0.0.1,10.0.0.0/8, separated by commas');

const Port = z
  .string()
  .regex(/^\d+$/, 'is a port')
  .transform(Number)
  .pipe(z.number().min(1, 'is at least 1').max(65_535, 'is at most 65535'))
  .optional();

/** For the schema of all variables. */
export const REACH_VARIABLES = {
  PUBLIC_URL: z.string().optional(),
  SITES_DOMAIN: z.string().optional(),
  APPFLUX_LISTEN: z
    .string()
    .refine((text) => isIP(text) !== 0, 'is an IP address, such as 0.0.0.0')
    .default('127.0.0.1'),
  APPFLUX_CONTAINER: z.enum(['0', '1'], 'is 0 or 1').default('0'),
  APPFLUX_INSECURE_HTTP: z.enum(['0', '1'], 'is 0 or 1').default('0'),
  APPFLUX_TRUSTED_PROXIES: z
    .string()
    .transform((text) => text.split(',').map((part) => part.trim()))
    .pipe(z.array(Network).max(200))
    .default([]),
  APPFLUX_TLS: z.enum(['off', 'files', 'auto'], 'is off, files or auto').default('off'),
  APPFLUX_TLS_CERT: z.string().optional(),
  APPFLUX_TLS_KEY: z.string().optional(),
  APPFLUX_ACME_EMAIL: z
    .string()
    .regex(/^[^\s@]+@[^\s@]+\.[^\s@]+$/, 'is an email address')
    .optional(),
  APPFLUX_ACME_DIRECTORY: z.url({ protocol: /^https$/, error: 'is an https URL' }).optional(),
  APPFLUX_ACME_ROOT: z.string().optional(),
  APPFLUX_HTTP_PORT: Port,
  APPFLUX_HTTPS_PORT: Port,
} as const;

const Variables = z.object(REACH_VARIABLES);

/** Where certificates come from, when the instance ends TLS itself. Paths are absolute. */
export type Certificates =
  | { readonly from: 'files'; readonly cert: string; readonly key: string }
  | {
      readonly from: 'acme';
      readonly email: string | null;
      /** The URL of an ACME server's directory (RFC 8555 §7.1.1); null for the proxy's default, Let's Encrypt. */
      readonly directory: string | null;
      /** A PEM file with the certificate authority of that URL, where it isn't a public one. */
      readonly root: string | null;
    };

/** TLS as the operator wishes it. */
export interface TlsWish {
  readonly mode: 'off' | 'files' | 'auto';
  readonly cert: string | null;
  readonly key: string | null;
  readonly email: string | null;
  readonly directory: string | null;
  readonly root: string | null;
  /** Null for the usual ports. */
  readonly httpPort: number | null;
  readonly httpsPort: number | null;
}

/** How an instance is to be reached, as its operator wrote it. */
export interface Reach {
  readonly publicUrl: string | null;
  readonly sitesDomain: string | null;
  /** An IP address. */
  readonly listen: string;
  /** It runs in a container, whose published ports decide who reaches it. */
  readonly container: boolean;
  readonly insecureHttp: boolean;
  readonly trustedProxies: readonly string[];
  readonly tls: TlsWish;
}

/** From the parsed variables. Paths are relative to `root`. */
export const reachOf = (given: z.output<typeof Variables>, root: string): Reach => ({
  publicUrl: given.PUBLIC_URL ?? null,
  sitesDomain: given.SITES_DOMAIN ?? null,
  listen: given.APPFLUX_LISTEN,
  container: given.APPFLUX_CONTAINER === '1',
  insecureHttp: given.APPFLUX_INSECURE_HTTP === '1',
  trustedProxies: given.APPFLUX_TRUSTED_PROXIES,
  tls: {
    mode: given.APPFLUX_TLS,
    cert: pathOf(given.APPFLUX_TLS_CERT, root),
    key: pathOf(given.APPFLUX_TLS_KEY, root),
    email: given.APPFLUX_ACME_EMAIL ?? null,
    directory: given.APPFLUX_ACME_DIRECTORY ?? null,
    root: pathOf(given.APPFLUX_ACME_ROOT, root),
    httpPort: given.APPFLUX_HTTP_PORT ?? null,
    httpsPort: given.APPFLUX_HTTPS_PORT ?? null,
  },
});

const pathOf = (path: string | undefined, root: string): string | null =>
  path === undefined ? null : resolve(root, path);

/** An instance that only this machine reaches: what nothing in the environment means. */
export const LOOPBACK_ONLY: Reach = reachOf(Variables.parse({}), '/');
