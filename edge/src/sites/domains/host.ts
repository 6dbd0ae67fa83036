/** Which host names an app can have as its own domain. Pure. */
import { AppFluxError } from '@appflux/protocol';
import { parse } from 'tldts';
import { hostName, isWithin } from '../hosts/domain.ts';

/** The longest host name, in characters (RFC 1035 §2.3.4, as text without the final dot). */
const MAX_HOST = 253;

/** Hosts of the instance itself, without ports. */
export interface OwnHosts {
  /** The host of PUBLIC_URL. */
  readonly dashboard: string;
  /** The host of SITES_DOMAIN; null if the instance has none. */
  readonly sites: string | null;
}

/** A host name as DNS has it, and what is above it. */
export interface DomainName {
  /** Lower case, in Punycode, without a final dot. */
  readonly host: string;
  /** The registered domain: `example.co.uk` of `www.example.co.uk`. */
  readonly registered: string;
}

/**
 * Reads a domain that a person entered: upper case, a final dot and international names (UTS #46, as URLs have it) are
 * normalized. Throws AppFluxError `invalid_domain` for anything that can't be the domain of an app.
 */
export function readDomain(text: string, own: OwnHosts): DomainName {
  const given = text.trim();
  if (given.startsWith('*.'))
    throw invalid('A wildcard can’t be added as a domain', 'Add each host name, such as www.example.com.');
  if (/[/:@?#\\\s[\]]/.test(given))
    throw invalid(
      'A domain is a host name only',
      'Enter it without https://, port and path, such as www.example.com.',
    );
  const host = hostName(asciiHost(given));
  const { domain, isIp, publicSuffix } = parse(host, { allowPrivateDomains: true });
  if (isIp === true)
    throw invalid('An IP address can’t be added as a domain', 'Enter a host name, such as www.example.com.');
  if (isWithin(host, own.dashboard) || isWithin(own.dashboard, host))
    throw invalid(
      `${host} is the host of this AppFlux, or above or below it`,
      'Sites never share a domain with the dashboard. Choose another domain.',
    );
  if (own.sites !== null && (isWithin(host, own.sites) || isWithin(own.sites, host)))
    throw invalid(
      `${host} is in the domain that this AppFlux has for its sites`,
      'Each app has a host there already. Add a domain of your own.',
    );
  if (domain === null || publicSuffix === host)
    throw invalid(
      `${host} isn’t a domain that can be registered`,
      'Enter a domain that you own, such as example.com or www.example.com.',
    );
  return { host, registered: domain };
}

/** The name in Punycode and lower case; throws for anything that isn't a host name (RFC 1123 §2.1). */
function asciiHost(text: string): string {
  const url = text === '' ? null : URL.parse(`https://${text}/`);
  const host = url?.hostname.replace(/\.$/, '') ?? '';
  const labels = host.split('.');
  if (labels.some((label) => label.length > 63))
    throw invalid('A label of the domain is longer than 63 characters', 'Check the spelling of the domain.');
  const isHost =
    host.length <= MAX_HOST && labels.every((label) => /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/.test(label));
  if (!isHost || /%/.test(text))
    throw invalid('That isn’t a host name', 'Enter a domain such as www.example.com.');
  return host;
}

const invalid = (message: string, hint: string): AppFluxError =>
  new AppFluxError('invalid_domain', message, { hint });
