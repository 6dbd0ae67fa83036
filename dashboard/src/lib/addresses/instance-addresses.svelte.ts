import type { ClientPart } from '@appflux/client';
import type { InstanceAddresses as Addresses, CertificateState, DnsRecord } from '@appflux/protocol';
import { plural } from '#lib/format/number.ts';
import { LiveResource } from '#lib/live/live-resource.svelte.ts';
import type { PageLifecycle } from '#lib/live/page-lifecycle.ts';

/** Milliseconds between loads while the page is visible: each asks DNS. */
const PAUSE_MS = 60_000;

/** How the instance is reached, for its owner. */
export class InstanceAddresses extends LiveResource<Addresses> {
  constructor(api: ClientPart<{ operator: 'addresses' }>, page?: PageLifecycle) {
    super({
      load: (signal) => api.operator.addresses({ signal }),
      pauseAfter: () => PAUSE_MS,
      ...(page && { page }),
    });
  }
}

/** Certificates are renewed when a third of their life is left; with fewer days than this, something is wrong. */
const FEW_DAYS = 14;

/** How a certificate is, in words, and whether its owner has to act. */
export function certificateNote({ daysLeft }: CertificateState): { text: string; isBad: boolean } {
  if (daysLeft === null) return { text: 'No certificate yet', isBad: true };
  if (daysLeft < 0) return { text: 'Expired', isBad: true };
  return { text: plural(daysLeft, ['Expires in # day', 'Expires in # days']), isBad: daysLeft < FEW_DAYS };
}

/** A record as a line of a zone file (RFC 1035 §5.1), for name servers that take one. */
export const zoneLine = ({ type, name, value }: DnsRecord): string =>
  `${name}. ${type} ${value === null ? 'ADDRESS' : type === 'CNAME' ? `${value}.` : value}`;
