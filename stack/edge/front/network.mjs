/** IP addresses and networks, in the plain JavaScript that workerd runs. */

/**
 * @typedef {object} Address
 * @property {4 | 6} family
 * @property {bigint} bits
 */

/**
 * An address; null for what is none. IPv4 within IPv6 (RFC 4291 §2.5.5.2) is the IPv4 address. A port after it, as in
 * `1.2.3.4:80` or `[::1]:80`, is left out.
 * @param {string} text
 * @returns {Address | null}
 */
export function parseAddress(text) {
  const trimmed = text.trim();
  const four = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})(?::\d{1,5})?$/.exec(trimmed);
  if (four !== null) {
    const octets = four.slice(1).map(Number);
    return octets.some((octet) => octet > 255) ? null : { family: 4, bits: joined(octets, 8n) };
  }
  const six = /^\[([0-9a-f:.]{2,45})\](?::\d{1,5})?$/i.exec(trimmed)?.[1] ?? trimmed;
  // The URL parser checks an IPv6 address and writes it in its one shortest form (RFC 5952), in hexadecimal only.
  const host = /^[0-9a-f:.]{2,45}$/i.test(six) ? URL.parse(`http://[${six}]`)?.hostname : undefined;
  if (host === undefined) return null;
  const [before = '', after = null] = host.slice(1, -1).split('::');
  const head = groups(before);
  const tail = after === null ? [] : groups(after);
  const bits = joined([...head, ...Array(8 - head.length - tail.length).fill(0), ...tail], 16n);
  return bits >> 32n === 0xffffn ? { family: 4, bits: bits & 0xffffffffn } : { family: 6, bits };
}

/** @param {string} text */
const groups = (text) => (text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16)));

/**
 * @param {number[]} parts
 * @param {bigint} width in bits
 */
const joined = (parts, width) => parts.reduce((bits, part) => (bits << width) | BigInt(part), 0n);

/**
 * Whether an address lies in one of the networks, each an address or in CIDR notation (RFC 4632 §3.1).
 * @param {Address} address
 * @param {readonly string[]} networks
 */
export const isWithin = (address, networks) =>
  networks.some((network) => {
    const [text = '', length] = network.split('/');
    const base = parseAddress(text);
    if (base === null || base.family !== address.family) return false;
    if (length === undefined) return address.bits === base.bits;
    // Of a network of IPv4 addresses written as IPv6, the first 96 bits are the prefix of all of those.
    const host = BigInt((text.includes(':') ? 128 : 32) - Number(length));
    return host <= (base.family === 4 ? 32n : 128n) && address.bits >> host === base.bits >> host;
  });

/** @param {Address} address */
export const isLoopback = (address) => isWithin(address, ['127.0.0.0/8', '::1']);

/**
 * The address as text; IPv6 in full, without zeros left out.
 * @param {Address} address
 */
export function formatAddress({ family, bits }) {
  const [count, width, radix, separator] = family === 4 ? [4, 8n, 10, '.'] : [8, 16n, 16, ':'];
  const mask = (1n << BigInt(width)) - 1n;
  return Array.from({ length: Number(count) }, (_, index) =>
    ((bits >> (BigInt(Number(count) - 1 - index) * BigInt(width))) & mask).toString(Number(radix)),
  ).join(String(separator));
}
