import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hostWithPort, isAddress, isAtOrBelow, isLoopback, parseHost } from './host.ts';

test.each([
  ['Flux.Example.COM', { name: 'flux.example.com', port: null }],
  ['flux.example.com.', { name: 'flux.example.com', port: null }],
  ['flux.example.com.:8443', { name: 'flux.example.com', port: 8443 }],
  ['bücher.example', { name: 'xn--bcher-kva.example', port: null }],
  ['BÜCHER.example', { name: 'xn--bcher-kva.example', port: null }],
  ['[::1]:80', { name: '[::1]', port: 80 }],
  ['[2001:DB8:0:0::1]', { name: '[2001:db8::1]', port: null }],
  ['127.1', { name: '127.0.0.1', port: null }],
  ['localhost', { name: 'localhost', port: null }],
])('%s is %j', (text, host) => {
  expect(parseHost(text)).toEqual(host);
});

test.each([
  '',
  '.',
  '..',
  'a..b',
  '.example.com',
  'https://example.com',
  'example.com/path',
  'example.com?x',
  'user@example.com',
  'exa mple.com',
  'example.com\\',
  'example.com:0',
  'example.com:65536',
  'example.com:',
  'example.com:80:80',
  '::1',
  '[::1',
  '[::g]',
  '300.300.300.300',
  `${'a'.repeat(64)}.example`,
  `${'a.'.repeat(126)}aa`,
])('%j is no host', (text) => {
  expect(parseHost(text)).toBeNull();
});

const label = fc.stringMatching(/^[a-z][a-z0-9-]{0,8}[a-z0-9]$/);
const domain = fc.array(label, { minLength: 2, maxLength: 4 }).map((labels) => labels.join('.'));
const port = fc.integer({ min: 1, max: 65_535 });
const nameOf = (text: string) => parseHost(text)?.name ?? 'none';

describe('hosts are compared', () => {
  test('whatever their case, the dot at their end and their port', () => {
    fc.assert(
      fc.property(domain, domain, port, (above, front, number) => {
        const written = `${front.toUpperCase()}.${above}.:${number}`;
        expect(isAtOrBelow(nameOf(written), nameOf(above))).toBe(true);
        expect(isAtOrBelow(nameOf(above.toUpperCase()), nameOf(`${above}.`))).toBe(true);
        expect(isAtOrBelow(nameOf(above), nameOf(written))).toBe(false);
      }),
    );
  });

  test('by whole labels', () => {
    fc.assert(
      fc.property(domain, label, (above, letters) => {
        expect(isAtOrBelow(nameOf(`${letters}${above}`), nameOf(above))).toBe(false);
        expect(isAtOrBelow(nameOf(`${above}.${letters}`), nameOf(above))).toBe(above === letters);
      }),
    );
  });

  test('in punycode', () => {
    expect(isAtOrBelow(nameOf('shop.bücher.example'), nameOf('XN--BCHER-KVA.example'))).toBe(true);
  });

  test('and an address has nothing below it', () => {
    fc.assert(
      fc.property(fc.ipV4(), label, (address, letters) => {
        expect(isAtOrBelow(`${letters}.${address}`, address)).toBe(false);
        expect(isAtOrBelow(address, address)).toBe(true);
        expect(isAddress(nameOf(address))).toBe(true);
      }),
    );
    fc.assert(
      fc.property(fc.ipV6(), (address) => {
        expect(isAddress(nameOf(`[${address}]`))).toBe(true);
      }),
    );
  });
});

test('parsing what was parsed changes nothing', () => {
  fc.assert(
    fc.property(domain, port, (name, number) => {
      const once = parseHost(`${name}:${number}`);
      expect(parseHost(`${once?.name}:${once?.port}`)).toEqual(once);
    }),
  );
});

test.each(['localhost', 'a.localhost', '127.0.0.1', '127.9.9.9', '[::1]', '[::ffff:7f00:1]'])(
  '%s is this machine',
  (name) => expect(isLoopback(name)).toBe(true),
);

test.each(['0.0.0.0', '[::]', '10.0.0.1', 'localhost.example.com', '127.example.com', 'xlocalhost', '[::2]'])(
  '%s may be another machine',
  (name) => expect(isLoopback(name)).toBe(false),
);

test('a port that the scheme implies is left out', () => {
  expect(hostWithPort('a.example', 443, 'https')).toBe('a.example');
  expect(hostWithPort('a.example', 80, 'https')).toBe('a.example:80');
  expect(hostWithPort('a.example', 80, 'http')).toBe('a.example');
});
