/** Which IP addresses builds may connect to: only public ones. */
import { isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import ipaddr from 'ipaddr.js';

type Address = ipaddr.IPv4 | ipaddr.IPv6;
export type AddressRange = readonly [Address, number];

/**
 * The blocks kept for documentation (RFC 5737). They are routed nowhere, so nothing private can be behind them, and
 * networks that intercept traffic answer with them for public names: refusing them would only break those.
 */
const DOCUMENTATION: readonly AddressRange[] = ['192.0.2.0/24', '198.51.100.0/24', '203.0.113.0/24'].map(
  (range) => ipaddr.parseCIDR(range),
);

/** Public by their number, but each leads to something that only the host itself should reach. */
const HOST_SERVICES: readonly AddressRange[] = [
  // Azure's platform channel, which hands out a machine's configuration.
  ipaddr.parseCIDR('168.63.129.16/32'),
];

/** ::/96, the IPv4-compatible addresses of RFC 4291 §2.5.5.1; `::` and `::1` lie in it too. */
const IPV4_COMPATIBLE = ipaddr.parseCIDR('::/96');

/** How the log names the ranges that are refused; a range that is not named here is called `reserved`. */
const RANGE_WORDS: Readonly<Record<string, string>> = {
  unspecified: 'unspecified',
  broadcast: 'broadcast',
  multicast: 'multicast',
  linkLocal: 'link-local',
  loopback: 'loopback',
  carrierGradeNat: 'carrier-grade NAT',
  private: 'private',
  uniqueLocal: 'private',
  deprecatedSiteLocal: 'private',
  ipv4Mapped: 'IPv4-mapped',
  rfc6052: 'NAT64',
  rfc6145: 'IPv4-translated',
  '6to4': '6to4',
  teredo: 'Teredo',
};

function isIn(address: Address, ranges: readonly AddressRange[]): boolean {
  return ranges.some(
    ([network, bits]) => address.kind() === network.kind() && address.match([network, bits]),
  );
}

/**
 * What kind of address `text` is: `public`, or the word for the range that makes it unfit to be connected to. IPv6
 * forms that carry an IPv4 address (mapped, compatible, translated, NAT64, 6to4, Teredo) are never public, whatever they
 * carry: through a gateway they would reach what the carried address does. Text that is no address is `invalid`.
 */
export function classifyAddress(text: string): string {
  if (isIP(text) === 0) return 'invalid';
  const address = ipaddr.parse(text);
  if (isIn(address, DOCUMENTATION)) return 'public';
  if (isIn(address, HOST_SERVICES)) return 'host service';
  const range = address.range();
  if (range === 'unicast') return isIn(address, [IPV4_COMPATIBLE]) ? 'IPv4-compatible' : 'public';
  return RANGE_WORDS[range] ?? 'reserved';
}

/** Which addresses are let through although they are not public, and which are refused although they are. */
export interface AddressPolicy {
  readonly allowed: readonly AddressRange[];
  /** Addresses of this very host: its services are no business of a build, on whichever address they listen. */
  readonly own: ReadonlySet<string>;
}

/**
 * A policy from the ranges that the host's owner allows, as `10.1.2.0/24` or a single address.
 * @throws {Error} if one of them is neither.
 */
export function addressPolicy(
  allowed: readonly string[],
  own: readonly string[] = ownAddresses(),
): AddressPolicy {
  return { allowed: allowed.map(parseRange), own: new Set(own.map(canonical)) };
}

/** The name of the range that makes an address forbidden, or null if it is allowed. */
export function addressRefusal(address: string, policy: AddressPolicy): string | null {
  if (isIP(address) !== 0 && isIn(ipaddr.parse(address), policy.allowed)) return null;
  const kind = classifyAddress(address);
  if (kind !== 'public') return kind;
  return policy.own.has(canonical(address)) ? 'this host' : null;
}

function parseRange(text: string): AddressRange {
  const [network = '', bits] = text.split('/');
  // The library would take 10.1 for 10.0.0.1; here it is more likely a slip.
  if (isIP(network) !== 0 && (bits === undefined || ipaddr.isValidCIDR(text))) {
    if (bits !== undefined) return ipaddr.parseCIDR(text);
    const address = ipaddr.parse(network);
    return [address, address.kind() === 'ipv4' ? 32 : 128];
  }
  throw new Error(`“${text}” is not an IP address or a range such as 10.1.2.0/24`);
}

/** One spelling for each address, so that they can be compared as text. */
function canonical(address: string): string {
  return isIP(address) !== 0 ? ipaddr.parse(address).toNormalizedString() : address;
}

function ownAddresses(): string[] {
  return Object.values(networkInterfaces()).flatMap((entries) =>
    (entries ?? []).map((entry) => entry.address),
  );
}
