/** The variables that say how an instance is reached, and what they parse to. */
import { isIP } from 'node:net';
import { z } from 'zod';

/** An IP address or a network in CIDR notation, such as `10.0.0.0/8`. */
const Network = z.string().refine((text) => {
  const [address = '', bits, ...more] = text.split('/');
  const family = isIP(address);
  if (family === 0 || more.length > 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128));
}, 'lists IP addresses and networks such as 127.0.0.1,10.0.0.0/8, separated by commas');

/** For the schema of all variables. */
export const REACH_VARIABLES = {
  PUBLIC_URL: z.string().optional(),
  SITES_DOMAIN: z.string().optional(),
  APPFLUX_LISTEN: z
    .string()
    .refine((text) => isIP(text) !== 0, 'is an IP address, such as 0.0.0.0')
    .default('127.0.0.1'),
  APPFLUX_INSECURE_HTTP: z.enum(['0', '1'], 'is 0 or 1').default('0'),
  APPFLUX_TRUSTED_PROXIES: z
    .string()
    .transform((text) => text.split(',').map((part) => part.trim()))
    .pipe(z.array(Network).max(200))
    .default([]),
} as const;

const Variables = z.object(REACH_VARIABLES);

/** How an instance is to be reached, as its operator wrote it. */
export interface Reach {
  readonly publicUrl: string | null;
  readonly sitesDomain: string | null;
  /** An IP address. */
  readonly listen: string;
  readonly insecureHttp: boolean;
  readonly trustedProxies: readonly string[];
}

/** From the parsed variables. */
export const reachOf = (given: z.output<typeof Variables>): Reach => ({
  publicUrl: given.PUBLIC_URL ?? null,
  sitesDomain: given.SITES_DOMAIN ?? null,
  listen: given.APPFLUX_LISTEN,
  insecureHttp: given.APPFLUX_INSECURE_HTTP === '1',
  trustedProxies: given.APPFLUX_TRUSTED_PROXIES,
});

/** An instance that only this machine reaches: what nothing in the environment means. */
export const LOOPBACK_ONLY: Reach = reachOf(Variables.parse({}));
