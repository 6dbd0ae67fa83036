import { BlockList, isIP, isIPv6 } from 'node:net';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatAddress, isLoopback, isWithin, parseAddress } from './network.mjs';

const address = fc.oneof(fc.ipV4(), fc.ipV6());

/** What Node thinks. */
function blocked(text: string, network: string, prefix: number): boolean {
  const list = new BlockList();
  list.addSubnet(network, prefix, isIPv6(network) ? 'ipv6' : 'ipv4');
  return list.check(text, isIPv6(text) ? 'ipv6' : 'ipv4');
}

test('an address is in a network when Node says so', () => {
  fc.assert(
    fc.property(address, address, fc.integer({ min: 0, max: 128 }), (text, network, bits) => {
      const prefix = isIPv6(network) ? bits : Math.floor(bits / 4);
      const parsed = parseAddress(text);
      if (parsed === null) throw new Error(`${text} is an address`);
      // Node takes ::/0 for all IPv4 addresses too.
      fc.pre(isIP(text) === isIP(network) && parsed.family === parseAddress(network)?.family);
      expect(isWithin(parsed, [`${network}/${prefix}`])).toBe(blocked(text, network, prefix));
    }),
    { numRuns: 500 },
  );
});

test('networks of one family hold nothing of the other', () => {
  const four = { family: 4, bits: 0x0a000001n } as const;
  expect(isWithin(four, ['::/0', '2001:db8::/32', '::a00:1'])).toBe(false);
  expect(isWithin(four, ['::ffff:10.0.0.0/104'])).toBe(true);
  expect(isWithin(four, ['::ffff:11.0.0.0/104', '::ffff:10.0.0.2/128', '::ffff:10.0.0.0/64'])).toBe(false);
  expect(isWithin({ family: 6, bits: 1n }, ['0.0.0.0/0'])).toBe(false);
});

test('an address is within itself, and written so that it is read as the same', () => {
  fc.assert(
    fc.property(address, (text) => {
      const parsed = parseAddress(text);
      if (parsed === null) throw new Error(`${text} is an address`);
      expect(isWithin(parsed, [text])).toBe(true);
      expect(isIP(formatAddress(parsed))).toBeGreaterThan(0);
      expect(parseAddress(formatAddress(parsed))).toEqual(parsed);
    }),
  );
});

test.each([
  ['127.0.0.1:38496', '127.0.0.1'],
  ['[::ffff:127.0.0.1]:46186', '127.0.0.1'],
  ['[::1]:34818', '0:0:0:0:0:0:0:1'],
  ['::ffff:10.1.2.3', '10.1.2.3'],
  [' 2001:DB8::1 ', '2001:db8:0:0:0:0:0:1'],
])('%s is %s', (text, expected) => {
  const parsed = parseAddress(text);
  expect(parsed === null ? null : formatAddress(parsed)).toBe(expected);
});

test.each([
  '',
  'unknown',
  'localhost',
  '1.2.3',
  '1.2.3.4.5',
  '256.1.1.1',
  '1.2.3.4:x',
  '[::1',
  '::g',
  '1:2',
  '_hidden',
])('%j is no address', (text) => expect(parseAddress(text)).toBeNull());

test('loopback is all of 127.0.0.0/8 and ::1, in either notation', () => {
  const loopback = (text: string) => {
    const parsed = parseAddress(text);
    return parsed !== null && isLoopback(parsed);
  };
  expect(['127.0.0.1', '127.255.0.9', '::1', '::ffff:127.0.0.1'].map(loopback)).toEqual([
    true,
    true,
    true,
    true,
  ]);
  expect(['128.0.0.1', '::2', '10.0.0.1', '::ffff:10.0.0.1'].map(loopback)).toEqual([
    false,
    false,
    false,
    false,
  ]);
});
