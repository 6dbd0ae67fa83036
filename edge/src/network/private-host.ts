/** Hosts that are not on the public internet. Pure. */

/** Networks of IPv4 as the first bits of 32: IANA's special-purpose addresses (RFC 6890) and multicast. */
const IPV4: readonly (readonly [network: string, bits: number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
];

/** Names that only mean something in a local network (RFC 6761, RFC 6762, RFC 8375, ICANN's `.internal`). */
const LOCAL_NAME = /(?:^|\.)(?:localhost|local|internal|lan|home|corp|home\.arpa)$/;

/**
 * Whether a host is an address of this machine or of a private network, or a name that can only be one. Takes the
 * `hostname` of a URL, which has IP addresses in their normal form. What a public name resolves to is not known here.
 */
export function isPrivateHost(hostname: string): boolean {
  const name = hostname.toLowerCase().replace(/\.$/, '');
  if (name.startsWith('[')) return isPrivateV6(name.slice(1, -1));
  const address = ipv4(name);
  if (address !== null) return isPrivateV4(address);
  return LOCAL_NAME.test(name) || !name.includes('.');
}

function ipv4(text: string): number | null {
  const parts = /^(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(text)?.slice(1).map(Number);
  return parts === undefined ? null : parts.reduce((sum, part) => sum * 256 + part, 0);
}

const isPrivateV4 = (address: number): boolean =>
  IPV4.some(([network, bits]) => {
    const size = 2 ** (32 - bits);
    return Math.floor(address / size) === Math.floor((ipv4(network) ?? 0) / size);
  });

/** Only 2000::/3 is in use, and some of it contains IPv4 addresses: 6to4 (RFC 3056) and NAT64 (RFC 6052). */
function isPrivateV6(text: string): boolean {
  const groups = groupsOf(text);
  const [first = 0, second = 0, third = 0, , , , high = 0, low = 0] = groups;
  if (first === 0x64 && second === 0xff9b) return isPrivateV4(high * 65_536 + low);
  if (first === 0x2002) return isPrivateV4(second * 65_536 + third);
  // Teredo, ORCHID and documentation.
  if (first === 0x2001 && (second < 0x200 || second === 0xdb8)) return true;
  return first < 0x2000 || first > 0x3fff;
}

/** The eight groups of an address as the URL standard writes it: `::` once, without a dotted part. */
function groupsOf(text: string): number[] {
  const [before = '', after] = text.split('::');
  const parse = (part: string) =>
    part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16));
  const [head, tail] = [parse(before), parse(after ?? '')];
  return [...head, ...Array<number>(Math.max(0, 8 - head.length - tail.length)).fill(0), ...tail];
}
