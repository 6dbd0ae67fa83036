/** Which DNS records an instance lacks. */
import type { AddressStatus, DnsRecord, InstanceAddresses } from '@appflux/protocol';
import { hostName } from '../sites/hosts/domain.ts';

/** What `missingRecords` is given. Hosts are without ports. */
export interface Named {
  readonly dashboard: string;
  readonly sitesDomain: string;
  /** The hosts of the apps' sites. */
  readonly sites: readonly string[];
  /** Null when nothing is known of DNS. */
  readonly status: AddressStatus | null;
}

/** The records to add. A site's record is an alias of the dashboard's host, which has the address. Pure. */
export function missingRecords({
  dashboard,
  sitesDomain,
  sites,
  status,
}: Named): InstanceAddresses['missingRecords'] {
  const lacks = new Set(status?.unresolved.map(hostName));
  const alias = (name: string): DnsRecord => ({ type: 'CNAME', name, value: dashboard });
  return {
    dashboard: lacks.has(dashboard) ? addressRecords(dashboard, status?.machine ?? []) : [],
    wildcard: status?.wildcard === false ? alias(`*.${sitesDomain}`) : null,
    sites: status?.wildcard === false ? sites.filter((site) => lacks.has(site)).map(alias) : [],
  };
}

function addressRecords(name: string, machine: readonly string[]): DnsRecord[] {
  if (machine.length === 0) return [{ type: 'A', name, value: null }];
  return machine.map((value) => ({ type: value.includes(':') ? 'AAAA' : 'A', name, value }));
}
