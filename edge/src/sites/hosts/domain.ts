/** Names of hosts, and the domain that sites are below. */
import type { Env } from '../../env.ts';
import { setting } from '../../settings.ts';

/** A host in lower case, without a port and the dot at its end. */
export const hostName = (text: string): string => text.toLowerCase().replace(/:\d+$/, '').replace(/\.$/, '');

/** Whether a name is a domain, or below it. Both without ports. */
export const isWithin = (name: string, domain: string): boolean =>
  name === domain || name.endsWith(`.${domain}`);

/** The last PUBLIC_URL and its host: each request for a site asks for it. */
let parsed = { url: '', host: '' };

/** The dashboard's host, without a port. */
export function dashboardHost(env: Env): string {
  const url = setting(env, 'PUBLIC_URL');
  if (parsed.url !== url) parsed = { url, host: hostName(new URL(url).host) };
  return parsed.host;
}

/**
 * The domain of sites, without a port; null if there is none, or if the dashboard's host is within it: a site could set
 * cookies for the dashboard.
 */
export function sitesDomain(env: Env): string | null {
  const domain = hostName(env.SITES_DOMAIN ?? '');
  return domain === '' || isWithin(dashboardHost(env), domain) ? null : domain;
}

/** The URL of the site with this label, without a path; null if the instance has no domain for sites. */
export function siteUrl(env: Env, label: string): string | null {
  if (sitesDomain(env) === null) return null;
  return `${new URL(setting(env, 'PUBLIC_URL')).protocol}//${label}.${env.SITES_DOMAIN.toLowerCase()}`;
}

/** Whether a name could be in public DNS: it has a dot, and is no IP address and no name of this machine (RFC 6761 §6.3). */
export const isPublicName = (name: string): boolean =>
  /^[^.]+(?:\.[^.]+)+$/.test(name) && !/^[\d.]+$|[:[\]]/.test(name) && !isWithin(name, 'localhost');
