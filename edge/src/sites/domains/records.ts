/** The DNS records that a domain needs. Pure. */
import { createHash } from 'node:crypto';
import type { DomainRecord as DnsRecord } from '@appflux/protocol';
import { parse } from 'tldts';
import type { DomainRecord } from '../../metadata/domains.ts';

/** What records are made of. */
export interface RecordParts {
  readonly appId: string;
  readonly host: string;
  /** The host of SITES_DOMAIN. */
  readonly sitesDomain: string;
  /** Public addresses of the machine, as far as it knows them. */
  readonly addresses: readonly string[];
}

/**
 * What proves that the owner of a host wants it to lead to this app. It isn't secret: only the owner can put it into
 * the host's DNS. Another app has another one, so a record that was left behind proves nothing for it.
 */
const proofOf = (appId: string, host: string): string =>
  createHash('sha256').update(`${appId} ${host}`).digest('hex').slice(0, 32);

/** The TXT record that proves it, whatever the host's other records are. */
export const txtProof = ({ appId, host }: Pick<RecordParts, 'appId' | 'host'>): DnsRecord => ({
  type: 'TXT',
  name: `_appflux.${host}`,
  value: `appflux=${proofOf(appId, host)}`,
});

/** The CNAME record that proves it, and leads visitors here. */
export const cnameProof = ({ appId, host, sitesDomain }: Omit<RecordParts, 'addresses'>): DnsRecord => ({
  type: 'CNAME',
  name: host,
  value: `domain-${proofOf(appId, host)}.${sitesDomain}`,
});

/** Whether a host is a registered domain itself, which can't have a CNAME record (RFC 1034 §3.6.2). */
export const isApex = (host: string): boolean => parse(host, { allowPrivateDomains: true }).domain === host;

/**
 * The records to create: one for a subdomain. A registered domain itself needs a TXT record that proves it, and addresses;
 * the latter are left out where the instance doesn't know its own.
 */
export function neededRecords(parts: RecordParts, asked: DomainRecord['hostnameRecords']): DnsRecord[] {
  const { host, addresses } = parts;
  if (!isApex(host)) return [cnameProof(parts), ...asked];
  const own = addresses.map(
    (value): DnsRecord => ({ type: value.includes(':') ? 'AAAA' : 'A', name: host, value }),
  );
  return [txtProof(parts), ...own, ...asked];
}
