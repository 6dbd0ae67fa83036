import { describe, expect, test } from 'vitest';
import { isStackProblem } from '../problem.ts';
import { readSettings } from '../settings.ts';
import { addressesOf } from './addresses.ts';
import { unresolvedNames } from './resolving.ts';

const addresses = (env: Record<string, string>) => addressesOf(readSettings(env, '/checkout'));

const refusal = (env: Record<string, string>): string => {
  try {
    addresses(env);
  } catch (error) {
    if (isStackProblem(error, 'settings_invalid')) return error.sentence;
    throw error;
  }
  throw new Error('these settings were accepted');
};

test('nothing in the environment means this machine alone', () => {
  expect(addresses({ APPFLUX_PORT: '9000' })).toMatchObject({
    publicUrl: 'http://localhost:9000',
    sitesDomain: 'sites.localhost:9000',
    edge: { host: '127.0.0.1', port: 9000 },
    localUrl: 'http://localhost:9000',
    trustedProxies: [],
  });
});

describe('in a container', () => {
  const container = { APPFLUX_CONTAINER: '1', APPFLUX_LISTEN: '0.0.0.0' };

  test('it listens on all addresses, since published ports decide who reaches it', () => {
    expect(addresses(container)).toMatchObject({
      publicUrl: 'http://localhost:8787',
      edge: { host: '0.0.0.0', port: 8787 },
      localUrl: 'http://localhost:8787',
    });
    expect(refusal({ APPFLUX_LISTEN: '0.0.0.0' })).toContain('answers plain http to other machines');
  });

  test('containers beside it reach it past its own proxy', () => {
    const https = { APPFLUX_TLS: 'auto', PUBLIC_URL: 'https://flux.example.com' };
    expect(addresses({ ...container, ...https })).toMatchObject({
      edge: { host: '0.0.0.0' },
      https: { host: '0.0.0.0', port: 443 },
    });
    expect(addresses({ APPFLUX_LISTEN: '0.0.0.0', ...https }).edge.host).toBe('127.0.0.1');
  });

  test('a public address still needs encryption', () => {
    expect(refusal({ ...container, PUBLIC_URL: 'http://flux.example.com' })).toContain('plain http');
  });
});

test.each([
  ['https://Flux.Example.com/', 'Sites.Example.com.', 'https://flux.example.com', 'sites.example.com'],
  ['https://flux.example.com:443', 'a.example:443', 'https://flux.example.com', 'a.example'],
  ['https://flux.example.com:8443', 'a.example', 'https://flux.example.com:8443', 'a.example:8443'],
  ['https://flux.example.com:8443', 'a.example:9', 'https://flux.example.com:8443', 'a.example:9'],
  ['https://bücher.example', 'a.example', 'https://xn--bcher-kva.example', 'a.example'],
  ['https://[2001:db8::1]', 'a.example', 'https://[2001:db8::1]', 'a.example'],
  ['http://127.0.0.1:8787', 'a.localhost', 'http://127.0.0.1:8787', 'a.localhost:8787'],
  // Below the dashboard's host, as sites.localhost is below localhost.
  ['https://example.com', 'sites.example.com', 'https://example.com', 'sites.example.com'],
])('PUBLIC_URL=%s SITES_DOMAIN=%s', (PUBLIC_URL, SITES_DOMAIN, publicUrl, sitesDomain) => {
  expect(addresses({ PUBLIC_URL, SITES_DOMAIN })).toMatchObject({
    publicUrl,
    sitesDomain,
    localUrl: 'http://localhost:8787',
  });
});

test.each([
  ['flux.example.com', 'does not begin with https://'],
  ['ftp://flux.example.com', 'does not begin with https://'],
  ['https://flux.example.com/path', 'is more than a scheme, a host and a port'],
  ['https://flux.example.com?x=1', 'is more than'],
  ['https://user:secret@flux.example.com', 'is more than'],
  ['https://', 'is more than'],
])('PUBLIC_URL=%s is refused', (PUBLIC_URL, reason) => {
  const sentence = refusal({ PUBLIC_URL });
  expect(sentence).toContain(reason);
  expect(sentence).toContain('such as https://flux.example.com');
  expect(sentence).not.toContain('secret');
});

describe('SITES_DOMAIN', () => {
  test.each(['flux.example.com', 'FLUX.example.com.', 'example.com', 'com', 'flux.example.com:8443'])(
    '%s holds the dashboard, and is refused',
    (SITES_DOMAIN) => {
      expect(refusal({ PUBLIC_URL: 'https://flux.example.com', SITES_DOMAIN })).toMatch(
        /dashboard's host flux\.example\.com or a domain above it.*: set it to .*sites\.flux\.example\.com$/,
      );
    },
  );

  test.each(['10.0.0.1', '[::1]', 'https://sites.example.com', 'a..b'])('%s is no domain', (SITES_DOMAIN) => {
    expect(refusal({ PUBLIC_URL: 'https://flux.example.com', SITES_DOMAIN })).toContain('is not a domain');
  });

  test.each(['lux.example.com', 'ux.example.com', 'sites.flux.example.com', 'example.org'])(
    '%s is apart from it',
    (SITES_DOMAIN) => {
      expect(addresses({ PUBLIC_URL: 'https://flux.example.com', SITES_DOMAIN }).sitesDomain).toBe(
        SITES_DOMAIN,
      );
    },
  );
});

describe('plain http on other machines', () => {
  test.each([
    { PUBLIC_URL: 'http://flux.example.com' },
    { PUBLIC_URL: 'http://192.168.1.5:8787' },
    { APPFLUX_LISTEN: '0.0.0.0' },
    { APPFLUX_LISTEN: '::' },
    { APPFLUX_LISTEN: '0.0.0.0', PUBLIC_URL: 'https://flux.example.com' },
    { APPFLUX_LISTEN: '0.0.0.0', APPFLUX_TRUSTED_PROXIES: '10.0.0.1' },
  ])('%j is refused unless it is wished for', (env) => {
    expect(refusal(env)).toMatch(/plain http.*APPFLUX_INSECURE_HTTP=1 on a network that you trust/);
    expect(() => addresses({ ...env, APPFLUX_INSECURE_HTTP: '1' })).not.toThrow();
  });

  test.each([
    { PUBLIC_URL: 'http://localhost:9000' },
    { PUBLIC_URL: 'http://flux.localhost' },
    { APPFLUX_LISTEN: '127.0.0.2' },
    { APPFLUX_LISTEN: '::1' },
    { PUBLIC_URL: 'https://flux.example.com' },
    // A proxy on another machine ends TLS.
    {
      APPFLUX_LISTEN: '0.0.0.0',
      PUBLIC_URL: 'https://flux.example.com',
      APPFLUX_TRUSTED_PROXIES: '10.0.0.1',
    },
  ])('%j is none', (env) => {
    expect(() => addresses(env as Record<string, string>)).not.toThrow();
  });
});

test.each([
  ['0.0.0.0', 'http://localhost:8787'],
  ['::', 'http://localhost:8787'],
  ['::1', 'http://[::1]:8787'],
  ['192.168.1.5', 'http://192.168.1.5:8787'],
])('listening on %s, this machine reaches it at %s', (APPFLUX_LISTEN, localUrl) => {
  const found = addresses({ APPFLUX_LISTEN, APPFLUX_INSECURE_HTTP: '1' });
  expect(found).toMatchObject({ localUrl, edge: { host: APPFLUX_LISTEN, port: 8787 } });
});

test.each(['localhost', '*', '10.0.0', 'fe80::1%eth0/64'])(
  'APPFLUX_LISTEN=%s is refused',
  (APPFLUX_LISTEN) => {
    expect(refusal({ APPFLUX_LISTEN })).toContain('APPFLUX_LISTEN is an IP address');
  },
);

test('trusted proxies are addresses and networks', () => {
  const APPFLUX_TRUSTED_PROXIES = '127.0.0.1, 10.0.0.0/8,2001:db8::/32';
  expect(addresses({ APPFLUX_TRUSTED_PROXIES }).trustedProxies).toEqual([
    '127.0.0.1',
    '10.0.0.0/8',
    '2001:db8::/32',
  ]);
  for (const wrong of [
    '10.0.0.0/33',
    '::/129',
    'proxy.example',
    '10.0.0.1;10.0.0.2',
    '10.0.0.0/8/8',
    '*',
    '10.0.0.0/',
  ])
    expect(refusal({ APPFLUX_TRUSTED_PROXIES: wrong })).toContain('lists IP addresses and networks');
});

describe('names that visitors could not resolve', () => {
  const hosts = { publicHost: 'flux.example.com', sitesHost: 'sites.example.com' };
  const only =
    (...known: RegExp[]) =>
    async (name: string) => {
      if (!known.some((one) => one.test(name))) throw new Error('ENOTFOUND');
      return ['203.0.113.7'];
    };

  test('are named, each with the record that it needs', async () => {
    expect(await unresolvedNames(hosts, only())).toEqual([
      'flux.example.com does not resolve: add a DNS record for it that leads to this machine.',
      '*.sites.example.com does not resolve: add a wildcard DNS record, or one record per App.',
    ]);
    expect(await unresolvedNames(hosts, only(/^flux/))).toHaveLength(1);
    expect(await unresolvedNames(hosts, only(/^flux/, /^check-[0-9a-f]{12}\.sites\./))).toEqual([]);
  });

  test('are not looked for where no record is needed, and no answer is no finding', async () => {
    const none = only();
    expect(await unresolvedNames({ publicHost: 'localhost', sitesHost: 'sites.localhost' }, none)).toEqual(
      [],
    );
    expect(await unresolvedNames({ publicHost: '203.0.113.7', sitesHost: 'sites.localhost' }, none)).toEqual(
      [],
    );
  });
});

describe('TLS by the instance itself', () => {
  const auto = { PUBLIC_URL: 'https://flux.example.com', APPFLUX_TLS: 'auto', APPFLUX_LISTEN: '0.0.0.0' };

  test('listens on the usual ports, with the edge behind it on loopback', () => {
    expect(addresses(auto)).toMatchObject({
      edge: { host: '127.0.0.1', port: 8787 },
      localUrl: 'http://localhost:8787',
      https: {
        host: '0.0.0.0',
        port: 443,
        httpPort: 80,
        publicPort: 443,
        certificates: { from: 'acme', email: null, directory: null, root: null },
      },
    });
  });

  test('listens on other ports that are set', () => {
    expect(addresses({ ...auto, PUBLIC_URL: 'https://flux.example.com:8443' }).https).toMatchObject({
      port: 8443,
    });
    const forwarded = { ...auto, APPFLUX_HTTP_PORT: '8080', APPFLUX_HTTPS_PORT: '8443' };
    expect(addresses(forwarded)).toMatchObject({
      publicUrl: 'https://flux.example.com',
      https: { port: 8443, httpPort: 8080, publicPort: 443 },
    });
  });

  test('takes certificates from an authority of your own, or from files', () => {
    const own = {
      APPFLUX_ACME_DIRECTORY: 'https://ca.example/dir',
      APPFLUX_ACME_ROOT: 'ca.pem',
      APPFLUX_ACME_EMAIL: 'a@b.example',
    };
    expect(addresses({ ...auto, ...own, PUBLIC_URL: 'https://flux.localhost' }).https?.certificates).toEqual({
      from: 'acme',
      email: 'a@b.example',
      directory: 'https://ca.example/dir',
      root: '/checkout/ca.pem',
    });
    const files = {
      ...auto,
      APPFLUX_TLS: 'files',
      APPFLUX_TLS_CERT: '/etc/tls/cert.pem',
      APPFLUX_TLS_KEY: 'key.pem',
    };
    expect(addresses(files).https?.certificates).toEqual({
      from: 'files',
      cert: '/etc/tls/cert.pem',
      key: '/checkout/key.pem',
    });
  });

  test.each([
    [{ APPFLUX_TLS: 'auto' }, /needs a PUBLIC_URL that begins with https/],
    [
      { APPFLUX_TLS: 'auto', PUBLIC_URL: 'http://flux.example.com', APPFLUX_INSECURE_HTTP: '1' },
      /needs a PUBLIC_URL/,
    ],
    [
      { APPFLUX_TLS: 'auto', PUBLIC_URL: 'https://localhost' },
      /No public certificate authority .*APPFLUX_ACME_DIRECTORY/,
    ],
    [{ APPFLUX_TLS: 'auto', PUBLIC_URL: 'https://203.0.113.7' }, /No public certificate authority/],
    [{ ...auto, APPFLUX_TLS: 'files' }, /needs APPFLUX_TLS_CERT and APPFLUX_TLS_KEY/],
    [
      { ...auto, APPFLUX_TLS: 'files', APPFLUX_TLS_CERT: 'a.pem' },
      /needs APPFLUX_TLS_CERT and APPFLUX_TLS_KEY/,
    ],
    [{ ...auto, APPFLUX_TLS_CERT: 'a.pem' }, /have no effect with APPFLUX_TLS=auto/],
    [{ APPFLUX_ACME_EMAIL: 'a@b.example' }, /have no effect with APPFLUX_TLS=off: set APPFLUX_TLS=auto/],
    [{ ...auto, APPFLUX_TLS: 'on' }, /APPFLUX_TLS is off, files or auto/],
    [{ ...auto, APPFLUX_HTTP_PORT: '0' }, /APPFLUX_HTTP_PORT is at least 1/],
    [{ ...auto, APPFLUX_ACME_DIRECTORY: 'http://ca.example/dir' }, /APPFLUX_ACME_DIRECTORY is an https URL/],
    [{ ...auto, APPFLUX_ACME_EMAIL: 'nobody' }, /APPFLUX_ACME_EMAIL is an email address/],
  ])('%j is refused', (env, sentence) => {
    expect(refusal(env as Record<string, string>)).toMatch(sentence);
  });
});
