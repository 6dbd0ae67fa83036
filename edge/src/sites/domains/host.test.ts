import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readDomain } from './host.ts';

const OWN = { dashboard: 'flux.example.com', sites: 'apps.example.net' };
const read = (text: string, own: Parameters<typeof readDomain>[1] = OWN) => readDomain(text, own);

test.each([
  ['www.shop.example', 'www.shop.example', 'shop.example'],
  ['SHOP.Example.', 'shop.example', 'shop.example'],
  ['  shop.example ', 'shop.example', 'shop.example'],
  ['bücher.example', 'xn--bcher-kva.example', 'xn--bcher-kva.example'],
  ['xn--bcher-kva.example', 'xn--bcher-kva.example', 'xn--bcher-kva.example'],
  ['www.shop.co.uk', 'www.shop.co.uk', 'shop.co.uk'],
  ['other.example.com', 'other.example.com', 'example.com'],
  [`${'a'.repeat(63)}.example`, `${'a'.repeat(63)}.example`, `${'a'.repeat(63)}.example`],
])('%s is %s', (text, host, registered) => expect(read(text)).toEqual({ host, registered }));

test.each([
  ['', /host name/],
  ['shop', /registered/],
  ['co.uk', /registered/],
  ['github.io', /registered/],
  ['*.shop.example', /wildcard/],
  ['https://shop.example', /host name only/],
  ['shop.example:8080', /host name only/],
  ['shop.example/path', /host name only/],
  ['user@shop.example', /host name only/],
  ['shop.example?x', /host name only/],
  ['shop example', /host name only/],
  ['192.0.2.7', /IP address/],
  ['2130706433', /IP address|registered/],
  ['[::1]', /host name only/],
  ['shop..example', /host name/],
  ['-shop.example', /host name/],
  ['shop_1.example', /host name/],
  ['sh%6fp.example', /host name/],
  [`${'a'.repeat(64)}.example`, /63 characters/],
  [`${'a.'.repeat(130)}example`, /host name/],
  ['flux.example.com', /host of this AppFlux/],
  ['FLUX.EXAMPLE.COM.', /host of this AppFlux/],
  ['a.flux.example.com', /host of this AppFlux/],
  ['example.com', /host of this AppFlux/],
  ['apps.example.net', /for its sites/],
  ['shop.apps.example.net', /for its sites/],
  ['example.net', /for its sites/],
])('%j is refused', (text, message) =>
  expect(() => read(text)).toThrow(
    expect.objectContaining({ code: 'invalid_domain', message: expect.stringMatching(message) }),
  ),
);

test('whatever is entered is refused or becomes a host that reads as itself', () => {
  const entered = fc.oneof(
    fc.string(),
    fc.domain(),
    fc.webAuthority(),
    fc.string({ unit: 'grapheme' }).map((text) => `${text}.example`),
  );
  fc.assert(
    fc.property(entered, (text) => {
      let host: string;
      try {
        ({ host } = read(text));
      } catch (error) {
        expect(error).toMatchObject({ code: 'invalid_domain' });
        return;
      }
      expect(host).toMatch(/^[a-z0-9.-]{1,253}$/);
      expect(read(host).host).toBe(host);
    }),
  );
});
