import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { asKnown, originOf } from './forwarded.mjs';

const CLIENT_ADDRESS_HEADER = 'X-Client-Address';

const CLAIMS = {
  'X-Forwarded-For': '203.0.113.7',
  'X-Forwarded-Proto': 'https',
  'X-Forwarded-Host': 'flux.example.com',
  'X-Real-IP': '203.0.113.7',
  'CF-Connecting-IP': '203.0.113.7',
  Forwarded: 'for=203.0.113.7;proto=https;host=flux.example.com',
  [CLIENT_ADDRESS_HEADER]: '203.0.113.7',
};
const origin = (peer: string | null, headers: Record<string, string>, trusted: string[] = []) =>
  originOf(peer, new Headers(headers), trusted);

describe('a peer that is not trusted', () => {
  test('is not believed', () => {
    expect(origin('198.51.100.1:4711', CLAIMS)).toEqual({ client: '198.51.100.1', scheme: null, host: null });
    expect(origin('198.51.100.1:4711', CLAIMS, ['198.51.100.2', '10.0.0.0/8'])).toEqual(
      origin('198.51.100.1:4711', {}),
    );
    for (const peer of ['127.0.0.1:4711', '[::1]:4711', '[::ffff:127.0.0.1]:4711', '', 'unknown'])
      expect(origin(peer, CLAIMS, ['10.0.0.0/8'])).toEqual({ client: null, scheme: null, host: null });
  });

  test('changes nothing, whatever it sends', () => {
    fc.assert(
      fc.property(fc.ipV4(), fc.stringMatching(/^[\x20-\x7e]{0,60}$/), (peer, text) => {
        fc.pre(!peer.startsWith('10.'));
        const headers = Object.fromEntries(Object.keys(CLAIMS).map((name) => [name, text]));
        expect(origin(`${peer}:1`, headers, ['10.0.0.0/8'])).toEqual(origin(`${peer}:1`, {}, ['10.0.0.0/8']));
      }),
    );
  });
});

describe('a trusted proxy', () => {
  const trusted = ['127.0.0.1', '10.0.0.0/8'];

  test('says who the client is, what it speaks and which host it asked for', () => {
    expect(origin('127.0.0.1:4711', CLAIMS, trusted)).toEqual({
      client: '203.0.113.7',
      scheme: 'https',
      host: 'flux.example.com',
    });
    expect(origin(null, CLAIMS)).toMatchObject({ client: '203.0.113.7', scheme: 'https' });
  });

  test.each([
    ['a client that claims to be another', '1.1.1.1, 203.0.113.7', '203.0.113.7'],
    ['a chain of trusted proxies', '203.0.113.7, 10.0.0.2, 10.9.9.9', '203.0.113.7'],
    ['a client that claims to be a trusted proxy', '1.1.1.1, 10.0.0.2, 203.0.113.7, 10.0.0.3', '203.0.113.7'],
    ['IPv6', '2001:db8::7', '2001:db8:0:0:0:0:0:7'],
    ['a port', '203.0.113.7:80', '203.0.113.7'],
    ['what is no address at the end', '203.0.113.7, unknown', null],
    ['trusted addresses only', '10.0.0.1, 10.0.0.2', null],
    ['nothing', '', null],
    ['loopback', '::1', null],
  ])('%s', (_title, forwarded, client) => {
    expect(origin('127.0.0.1:4711', { 'X-Forwarded-For': forwarded }, trusted).client).toBe(client);
  });

  test.each(['evil.example/path', 'user@evil.example', 'a b', '', 'a'.repeat(300), 'evil.example#'])(
    '%j is no host',
    (host) => expect(origin('127.0.0.1:1', { 'X-Forwarded-Host': host }, trusted).host).toBeNull(),
  );

  test('speaks of http and https only', () => {
    expect(origin('127.0.0.1:1', { 'X-Forwarded-Proto': 'javascript' }, trusted).scheme).toBeNull();
    expect(origin('127.0.0.1:1', { 'X-Forwarded-Proto': 'https, HTTP' }, trusted).scheme).toBe('http');
  });
});

test('no claim reaches the control plane, and what is known does', () => {
  const request = new Request('http://localhost:8787/path?x=1', { headers: { ...CLAIMS, Accept: 'a/b' } });
  const plain = asKnown(request, { client: null, scheme: null, host: null }, CLIENT_ADDRESS_HEADER);
  expect([...plain.headers]).toEqual([['accept', 'a/b']]);
  expect(plain.url).toBe('http://localhost:8787/path?x=1');
  const known = asKnown(
    request,
    { client: '203.0.113.7', scheme: 'https', host: 'flux.example.com' },
    CLIENT_ADDRESS_HEADER,
  );
  expect(known.headers.get(CLIENT_ADDRESS_HEADER)).toBe('203.0.113.7');
  expect(known.headers.get('X-Forwarded-For')).toBeNull();
  expect(known.url).toBe('https://flux.example.com/path?x=1');
});
