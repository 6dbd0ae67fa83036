import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type EgressRules, egressRefusal, tcpAddress } from './decide.ts';

const open: EgressRules = {
  ownHosts: ['apps.example', 'sites.example', 'storage.example'],
  allowHosts: null,
  allowPrivate: false,
};
const refusal = (url: string, rules: Partial<EgressRules> = {}) =>
  egressRefusal(new URL(url), { ...open, ...rules });

describe('what a server reaches', () => {
  test.each([
    'https://api.example.com/v1',
    'http://8.8.8.8/',
    'https://[2606:4700::1111]/',
    'https://notapps.example/',
    'https://apps.example.com/',
    'http://api.example.com:8080/',
    'https://xn--bcher-kva.example./',
  ])('%s', (url) => {
    expect(refusal(url)).toBeNull();
  });
});

describe('what it does not', () => {
  test.each([
    ['http://169.254.169.254/latest/meta-data/', /private/],
    ['http://[fd00:ec2::254]/', /private/],
    ['http://metadata.google.internal/', /private/],
    ['http://127.0.0.1:8787/', /private/],
    ['http://2130706433/', /private/],
    ['http://0x7f.1/', /private/],
    ['http://[::ffff:10.0.0.1]/', /private/],
    ['http://[64:ff9b::a9fe:a9fe]/', /private/],
    ['http://localhost./', /private/],
    ['http://printer/', /private/],
    ['https://apps.example/api/apps', /host of this instance/],
    ['https://APPS.EXAMPLE./api/apps', /host of this instance/],
    ['https://my-app.sites.example/', /host of this instance/],
    ['https://a--b.sites.example:8443/', /host of this instance/],
    ['http://mail.example.com:25/', /port 25/],
    ['ftp://example.com/', /scheme ftp/],
    ['data:text/plain,x', /scheme data/],
  ])('%s', (url, message) => {
    expect(refusal(url)).toMatch(message);
  });
});

test('an operator may allow private addresses, but never the instance’s own hosts', () => {
  expect(refusal('http://10.1.2.3:5432/', { allowPrivate: true })).toBeNull();
  expect(refusal('http://x.localhost/', { allowPrivate: true, ownHosts: ['localhost'] })).toMatch(/instance/);
});

describe('an allowlist', () => {
  const allowHosts = ['api.example.com', '*.supabase.co', 'db.example.com:8443'];
  test.each([
    'https://api.example.com/',
    'http://api.example.com/',
    'https://a.b.supabase.co/',
    'https://db.example.com:8443/',
  ])('lets %s through', (url) => {
    expect(refusal(url, { allowHosts })).toBeNull();
  });
  test.each([
    'https://example.com/',
    'https://api.example.com.evil.example/',
    'https://xapi.example.com/',
    'https://a.api.example.com/',
    'https://supabase.co/',
    'https://evilsupabase.co/',
    'https://api.example.com:444/',
    'https://db.example.com/',
    'https://api.example.com@evil.example/',
  ])('and not %s', (url) => {
    expect(refusal(url, { allowHosts })).toMatch(/not among the hosts/);
  });
  test('that is empty lets nothing through', () => {
    expect(refusal('https://api.example.com/', { allowHosts: [] })).toMatch(/not among/);
  });
  test('doesn’t open a private address', () => {
    expect(refusal('http://10.0.0.1/', { allowHosts: ['10.0.0.1'] })).toMatch(/private/);
  });
});

describe('addresses of TCP connections', () => {
  test.each([
    ['db.example.com:5432', { hostname: 'db.example.com', port: '5432' }],
    ['DB.example.com:80', { hostname: 'db.example.com', port: '80' }],
    ['127.1:9', { hostname: '127.0.0.1', port: '9' }],
    ['0x7f000001:443', { hostname: '127.0.0.1', port: '443' }],
    ['[::1]:6379', { hostname: '[::1]', port: '6379' }],
    ['[::ffff:127.0.0.1]:1', { hostname: '[::ffff:7f00:1]', port: '1' }],
  ])('%s', (text, address) => {
    expect(tcpAddress(text)).toEqual(address);
  });
  test.each(['db.example.com', ':80', 'a b:1', 'a@b:1', 'a/b:1', 'host:65536', 'host:', '', '::1:80'])(
    '%j is none',
    (text) => {
      expect(tcpAddress(text)).toBeNull();
    },
  );
  test('are refused like those of requests', () => {
    const tcp = (text: string, rules: Partial<EgressRules> = {}) =>
      egressRefusal(
        { protocol: 'tcp:', ...(tcpAddress(text) ?? { hostname: '', port: '' }) },
        { ...open, ...rules },
      );
    expect(tcp('127.1:5432')).toMatch(/private/);
    expect(tcp('apps.example:443')).toMatch(/instance/);
    expect(tcp('smtp.example.com:25')).toMatch(/port 25/);
    expect(tcp('db.example.com:5432')).toBeNull();
    expect(tcp('db.example.com:5432', { allowHosts: ['db.example.com'] })).toBeNull();
    expect(tcp('db.example.com:5432', { allowHosts: ['db.example.com:5433'] })).toMatch(/not among/);
  });
});

test('no spelling of a private IPv4 address gets through', () => {
  const octet = fc.integer({ min: 0, max: 255 });
  const spellings = (a: number, b: number, c: number, d: number) => {
    const number = ((a * 256 + b) * 256 + c) * 256 + d;
    return [
      `${a}.${b}.${c}.${d}`,
      String(number),
      `0x${number.toString(16)}`,
      `0${a.toString(8)}.${b}.${c}.${d}`,
      `${a}.${b}.${c * 256 + d}`,
      `[::ffff:${a}.${b}.${c}.${d}]`,
    ];
  };
  fc.assert(
    fc.property(fc.constantFrom(10, 127), octet, octet, octet, (a, b, c, d) => {
      for (const host of spellings(a, b, c, d)) {
        expect(refusal(`http://${host}/`), host).toMatch(/private/);
        expect(tcpAddress(`${host}:80`)).toEqual({
          hostname: new URL(`http://${host}/`).hostname,
          port: '80',
        });
      }
    }),
  );
});
