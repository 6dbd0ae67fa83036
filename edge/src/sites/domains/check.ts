/** Checks a domain: asks DNS, and Cloudflare where that issues the certificates, and keeps what came of it. */

import type { DomainRecord as DnsRecord } from '@appflux/protocol';
import type { Env } from '../../env.ts';
import { addressStatus } from '../../hosts/status.ts';
import { journal } from '../../journal.ts';
import type { DomainRecord } from '../../metadata/domains.ts';
import type { Metadata } from '../../metadata/metadata.ts';
import { sitesDomain } from '../hosts/domain.ts';
import { forgetSite } from '../hosts/resolve.ts';
import {
  type CustomHostnames,
  customHostnamesOf,
  type HostnameState,
  HostnamesError,
} from './custom-hostnames.ts';
import { decide, type Findings } from './decide.ts';
import { type Dns, DnsUnavailable, dnsOf } from './dns.ts';
import { cnameProof, neededRecords, txtProof } from './records.ts';

/** What an app reads if another one has proven that the host is its own. */
const LOST = 'Another app has verified this domain, so it no longer leads to this one.';

/** What the check of a domain uses. */
export interface CheckParts {
  readonly env: Env;
  readonly metadata: Metadata;
  readonly now: number;
}

/** Checks a domain and keeps the outcome; null if it was removed meanwhile. */
export async function checkDomain(domain: DomainRecord, parts: CheckParts): Promise<DomainRecord | null> {
  const { env, metadata, now } = parts;
  const { appId, host } = domain;
  const change = decide(domain, await findings(domain, env), now);
  if (change.status !== 'active' || domain.status === 'active') {
    const kept = await metadata.domains.update(appId, host, change);
    if (kept === null && change.hostnameId) await removeHostname(env, metadata, host, change.hostnameId);
    return kept;
  }
  const losers = await metadata.domains.activate(appId, host, change, LOST);
  for (const id of [appId, ...(losers ?? [])]) forgetSite(id);
  return metadata.domains.one(appId, host);
}

async function findings(domain: DomainRecord, env: Env): Promise<Findings> {
  const found = { proven: null, hostname: null, problem: null, waitMs: 0 };
  try {
    const proven = await isProven(domain, dnsOf(env), sitesDomain(env));
    const hostnames = customHostnamesOf(env);
    if (hostnames === null) return { ...found, proven, hostname: 'unneeded' };
    // A claim that nobody has proven costs nothing at Cloudflare.
    const hostname = proven || domain.hostnameId !== null ? await hostnameOf(domain, hostnames) : null;
    return { ...found, proven, hostname };
  } catch (error) {
    if (error instanceof DnsUnavailable) return { ...found, problem: error.message };
    if (!(error instanceof HostnamesError)) throw error;
    journal.error(`the custom hostname of ${domain.host} is not available`, error);
    return { ...found, problem: error.message, waitMs: (error.retryAfterSeconds ?? 0) * 1000 };
  }
}

async function hostnameOf(domain: DomainRecord, hostnames: CustomHostnames): Promise<HostnameState> {
  const known = domain.hostnameId === null ? null : await hostnames.get(domain.hostnameId);
  return known ?? hostnames.add(domain.host);
}

/** Whether DNS says that the host's owner wants it to lead to this app. */
async function isProven({ appId, host }: DomainRecord, dns: Dns, sites: string | null): Promise<boolean> {
  if (sites !== null) {
    const { value } = cnameProof({ appId, host, sitesDomain: sites });
    if ((await dns.aliases(host)).includes(value)) return true;
  }
  const { name, value } = txtProof({ appId, host });
  return (await dns.txt(name)).includes(value);
}

/** Removes a domain, and its certificate from Cloudflare if no app has the host any more; false if there was none. */
export async function removeDomain(
  { appId, host, hostnameId }: DomainRecord,
  { env, metadata }: Pick<CheckParts, 'env' | 'metadata'>,
): Promise<boolean> {
  const removed = await metadata.domains.remove(appId, host);
  forgetSite(appId);
  if (hostnameId !== null) await removeHostname(env, metadata, host, hostnameId);
  return removed;
}

async function removeHostname(env: Env, metadata: Metadata, host: string, id: string): Promise<void> {
  if ((await metadata.domains.active(host)) !== null) return;
  await customHostnamesOf(env)?.remove(id);
}

/** The public addresses of the machine; none where it doesn't know them, as on Cloudflare. */
export const machineAddresses = async (env: Env): Promise<readonly string[]> =>
  (await addressStatus(env, []))?.machine ?? [];

/** The records that a domain needs, for people to create. `addresses` are those of the machine. */
export function recordsOf(
  { appId, host, hostnameRecords }: DomainRecord,
  env: Env,
  addresses: readonly string[],
): DnsRecord[] {
  const sites = sitesDomain(env) ?? '';
  return neededRecords({ appId, host, sitesDomain: sites, addresses }, hostnameRecords);
}
