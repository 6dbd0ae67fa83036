import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { authorityOf, parseAbsolute, parseAuthority, parseHost, parsePath } from './target.ts';

describe('reading the authority of a CONNECT', () => {
  it.each([
    ['packages.test:443', { host: 'packages.test', port: 443, literal: false }],
    ['PACKAGES.Test:443', { host: 'packages.test', port: 443, literal: false }],
    ['packages.test.:443', { host: 'packages.test', port: 443, literal: false }],
    ['my_host.test:80', { host: 'my_host.test', port: 80, literal: false }],
    ['xn--bcher-kva.test:443', { host: 'xn--bcher-kva.test', port: 443, literal: false }],
    ['10.0.0.1:80', { host: '10.0.0.1', port: 80, literal: true }],
    ['[::1]:80', { host: '0:0:0:0:0:0:0:1', port: 80, literal: true }],
    ['[::FFFF:10.0.0.1]:80', { host: '0:0:0:0:0:ffff:a00:1', port: 80, literal: true }],
  ])('%s', (text, target) => {
    expect(parseAuthority(text)).toEqual(target);
  });

  it.each([
    ['127.1:80', '127.0.0.1'],
    ['2130706433:80', '127.0.0.1'],
    ['0x7f000001:80', '127.0.0.1'],
    ['0x7f.1:80', '127.0.0.1'],
    ['0177.0.0.1:80', '127.0.0.1'],
    ['0:80', '0.0.0.0'],
    ['169.254.43518:80', '169.254.169.254'],
    ['10.0.0.1.:80', '10.0.0.1'],
  ])('sees the address behind %s', (text, host) => {
    expect(parseAuthority(text)).toMatchObject({ host, literal: true });
  });

  it.each([
    '',
    ':443',
    'packages.test',
    'packages.test:',
    'packages.test:0',
    'packages.test:65536',
    'packages.test:443443',
    'packages.test:+443',
    'packages.test: 443',
    'packages.test:443 ',
    'packages.test:443/path',
    'user@packages.test:443',
    'packages.test#@evil.test:443',
    'packages.test\\evil.test:443',
    'packages%2etest:443',
    'pack\tages.test:443',
    'packages..test:443',
    'packages.test..:443',
    '.packages.test:443',
    '-packages.test:443',
    'packages-.test:443',
    'packages。test:443',
    'bücher.test:443',
    'packages.test\u0000.evil.test:443',
    `${'a'.repeat(64)}.test:443`,
    `${'a.'.repeat(127)}test:443`,
    '1.2.3.4.5:443',
    '256.1.1.1:443',
    '::1:443',
    '[::1:443',
    '[::1]443',
    '[packages.test]:443',
    '[fe80::1%25eth0]:443',
    'http://packages.test:443',
  ])('refuses %j', (text) => {
    expect(parseAuthority(text)).toBeNull();
  });

  it('gives each host one spelling: reading what it wrote changes nothing', () => {
    const text = fc.oneof(fc.domain(), fc.ipV4(), fc.ipV6(), fc.string(), fc.webAuthority());
    fc.assert(
      fc.property(text, fc.integer({ min: 1, max: 65_535 }), (host, port) => {
        const target = parseAuthority(`${host}:${port}`) ?? parseAuthority(`[${host}]:${port}`);
        fc.pre(target !== null);
        expect(parseAuthority(authorityOf(target))).toEqual(target);
      }),
    );
  });

  it('takes nothing for a name that the URL standard takes for an address', () => {
    const part = fc.oneof(
      fc.integer({ min: 0, max: 2 ** 32 }).map(String),
      fc.integer({ min: 0, max: 2 ** 32 }).map((number) => `0x${number.toString(16)}`),
      fc.integer({ min: 0, max: 511 }).map((number) => `0${number.toString(8)}`),
      fc.constantFrom('a', 'test', '', '1e3'),
    );
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 5 }), (parts) => {
        const host = parseHost(parts.join('.'));
        if (host === null || host.literal) return;
        expect(URL.parse(`http://${host.host}/`)?.hostname).toBe(host.host);
        expect(host.host).toMatch(/[a-z_-]/);
      }),
    );
  });
});

describe('reading an absolute-form request', () => {
  it.each([
    ['http://packages.test/a?b=c', 'packages.test:80', '/a?b=c'],
    ['http://packages.test', 'packages.test:80', '/'],
    ['http://packages.test?q', 'packages.test:80', '/?q'],
    ['HTTP://Packages.Test:8080/', 'packages.test:8080', '/'],
    ['http://packages.test/a/../../b/%2e%2e/c#fragment', 'packages.test:80', '/c'],
    ['http://packages.test//evil.test/', 'packages.test:80', '//evil.test/'],
    ['http://[::1]/', '[0:0:0:0:0:0:0:1]:80', '/'],
    ['http://packages.test/a b', 'packages.test:80', '/a%20b'],
  ])('%s', (text, authority, path) => {
    const read = parseAbsolute(text);
    expect(read && { authority: authorityOf(read.target), path: read.path }).toEqual({ authority, path });
  });

  it.each([
    'https://packages.test/',
    'ftp://packages.test/',
    'http:packages.test',
    'http:/packages.test',
    'http:///packages.test',
    'http://user:secret@packages.test/',
    'http://packages.test@evil.test/',
    'http://packages.test:/',
    'http://packages.test:80:80/',
    'http://packages.test\\@evil.test/',
    'packages.test/',
    '*',
  ])('refuses %j', (text) => {
    expect(parseAbsolute(text)).toBeNull();
  });
});

describe('reading a path', () => {
  it('never lets it lead out of the root or to another host', () => {
    fc.assert(
      fc.property(
        fc.string().map((text) => `/${text}`),
        (text) => {
          const path = parsePath(text);
          fc.pre(path !== null);
          expect(path).toMatch(/^\//);
          expect(path.split('?')[0]).not.toMatch(/(^|\/)(\.|%2e){1,2}(\/|$)/i);
          expect(path).not.toMatch(/[\r\n#]/);
        },
      ),
    );
  });

  it('refuses what does not begin at the root', () => {
    expect(parsePath('*')).toBeNull();
    expect(parsePath('')).toBeNull();
    expect(parsePath('a')).toBeNull();
  });
});
