import fc from 'fast-check';
import ipaddr from 'ipaddr.js';
import { describe, expect, it } from 'vitest';
import { addressPolicy, addressRefusal, classifyAddress } from './address.ts';

const octet = fc.integer({ min: 0, max: 255 });
const ipv4 = fc.tuple(octet, octet, octet, octet);
const group = fc.integer({ min: 0, max: 0xffff });

/** Networks that are nobody's on the public Internet, as first octets. */
const PRIVATE_BLOCKS: [string, number[]][] = [
  ['unspecified', [0]],
  ['private', [10]],
  ['private', [172, 16]],
  ['private', [172, 31]],
  ['private', [192, 168]],
  ['carrier-grade NAT', [100, 64]],
  ['carrier-grade NAT', [100, 127]],
  ['loopback', [127]],
  ['link-local', [169, 254]],
  ['reserved', [192, 0, 0]],
  ['reserved', [198, 18]],
  ['multicast', [224]],
  ['multicast', [239]],
  ['reserved', [240]],
];

/** IPv6 forms that carry an IPv4 address, from its four octets. */
const CARRIERS: [string, (hex: string, dotted: string) => string][] = [
  ['IPv4-mapped', (_hex, dotted) => `::ffff:${dotted}`],
  ['IPv4-mapped', (hex) => `0:0:0:0:0:ffff:${hex}`],
  ['IPv4-translated', (hex) => `::ffff:0:${hex}`],
  ['NAT64', (_hex, dotted) => `64:ff9b::${dotted}`],
  ['NAT64', (hex) => `64:ff9b:1::${hex}`],
  ['6to4', (hex) => `2002:${hex}::1`],
  ['Teredo', (hex) => `2001:0:${hex}:0:0:1:1`],
];

describe('classifying addresses', () => {
  it.each([
    ['8.8.8.8', 'public'],
    ['1.0.0.1', 'public'],
    ['100.63.255.255', 'public'],
    ['100.128.0.0', 'public'],
    ['172.15.255.255', 'public'],
    ['172.32.0.0', 'public'],
    ['203.0.113.7', 'public'],
    ['2606:4700::1111', 'public'],
    ['2a00:1450:4001::200e', 'public'],
    ['255.255.255.255', 'broadcast'],
    ['169.254.169.254', 'link-local'],
    ['168.63.129.16', 'host service'],
    ['100.100.100.200', 'carrier-grade NAT'],
    ['fd00:ec2::254', 'private'],
    ['fe80::1', 'link-local'],
    ['fe80::1%eth0', 'link-local'],
    ['fec0::1', 'private'],
    ['ff02::1', 'multicast'],
    ['::', 'unspecified'],
    ['::1', 'loopback'],
    ['0:0:0:0:0:0:0:1', 'loopback'],
    ['2001:db8::1', 'reserved'],
    ['100::1', 'reserved'],
    ['', 'invalid'],
    ['example.org', 'invalid'],
    ['10.0.0.256', 'invalid'],
  ])('%s is %s', (address, kind) => {
    expect(classifyAddress(address)).toBe(kind);
  });

  it.each(PRIVATE_BLOCKS)('calls all of the %s block %j so', (kind, prefix) => {
    fc.assert(
      fc.property(ipv4, (octets) => {
        expect(classifyAddress([...prefix, ...octets.slice(prefix.length)].join('.'))).toBe(kind);
      }),
    );
  });

  it('finds no IPv6 form that carries an IPv4 address public, whichever it carries', () => {
    fc.assert(
      fc.property(ipv4, fc.constantFrom(...CARRIERS), ([a, b, c, d], [kind, carry]) => {
        const hex = `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
        expect(classifyAddress(carry(hex, `${a}.${b}.${c}.${d}`))).toBe(kind);
      }),
    );
  });

  it('finds no address in ::/96 public', () => {
    fc.assert(
      fc.property(group, group, (high, low) => {
        expect(classifyAddress(`::${high.toString(16)}:${low.toString(16)}`)).not.toBe('public');
      }),
    );
  });

  it('does not depend on how an address is written', () => {
    fc.assert(
      fc.property(fc.array(group, { minLength: 8, maxLength: 8 }), (groups) => {
        const address = new ipaddr.IPv6(groups);
        const kinds = [address.toString(), address.toRFC5952String(), address.toNormalizedString()].map(
          (text) => classifyAddress(text.toUpperCase()),
        );
        expect(new Set(kinds).size).toBe(1);
      }),
    );
  });
});

describe('the address policy', () => {
  it('lets public addresses through, and others only from the allowed ranges', () => {
    const policy = addressPolicy(['10.1.2.0/24', '192.168.7.7', 'fd12::/16'], []);
    expect(addressRefusal('8.8.8.8', policy)).toBeNull();
    expect(addressRefusal('10.1.2.200', policy)).toBeNull();
    expect(addressRefusal('10.1.3.1', policy)).toBe('private');
    expect(addressRefusal('192.168.7.7', policy)).toBeNull();
    expect(addressRefusal('192.168.7.8', policy)).toBe('private');
    expect(addressRefusal('fd12::9', policy)).toBeNull();
    expect(addressRefusal('fd13::9', policy)).toBe('private');
  });

  it('does not take an IPv4 range for the mapped form of its addresses', () => {
    expect(addressRefusal('::ffff:10.1.2.3', addressPolicy(['10.1.2.0/24'], []))).toBe('IPv4-mapped');
  });

  it('refuses the host’s own public addresses, however they are written', () => {
    const policy = addressPolicy([], ['198.51.100.9', '2606:4700:0::1']);
    expect(addressRefusal('198.51.100.9', policy)).toBe('this host');
    expect(addressRefusal('2606:4700:0:0:0:0:0:1', policy)).toBe('this host');
    expect(addressRefusal('198.51.100.10', policy)).toBeNull();
  });

  it('knows the addresses of the machine it runs on', () => {
    expect(addressPolicy([]).own.has('127.0.0.1')).toBe(true);
  });

  it.each(['10.0.0.0/33', '10.1/16', 'intranet', '10.0.0', ''])('refuses %j as an allowed range', (text) => {
    expect(() => addressPolicy([text], [])).toThrow();
  });
});
