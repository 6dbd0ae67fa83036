import { describe, expect, it } from 'vitest';
import { failureOf } from '../testing/surroundings.ts';
import { checkedAddresses, readRepoUrl, shownUrl } from './address.ts';

describe('the addresses of a repository', () => {
  const url = new URL('https://git.example.com/a.git');

  it('are all of the host when all are public', async () => {
    expect(await checkedAddresses(url, async () => ['140.82.121.4', '2606:50c0:8000::153'])).toEqual([
      '140.82.121.4',
      '2606:50c0:8000::153',
    ]);
  });

  it.each([
    ['127.0.0.1', 'loopback'],
    ['10.0.0.8', 'private'],
    ['172.31.255.255', 'private'],
    ['192.168.1.1', 'private'],
    ['169.254.169.254', 'link-local'],
    ['100.100.100.200', 'carrier-grade NAT'],
    ['::ffff:10.0.0.8', 'IPv4-mapped'],
    ['fe80::1', 'link-local'],
    ['fd12::1', 'private'],
    ['not an address', 'invalid'],
  ])('are refused as a whole when one of them is %s', async (address, word) => {
    const failure = await failureOf(checkedAddresses(url, async () => ['140.82.121.4', address]));
    expect(failure.code).toBe('source_unavailable');
    expect(failure.message).toContain(`(${word})`);
    expect(failure.hint).toContain('APPFLUX_ALLOW_PRIVATE_SOURCES');
  });

  it.each([
    ['no addresses', async () => []],
    ['an error', () => Promise.reject(new Error('ENOTFOUND'))],
  ])('are unknown after %s', async (_what, resolve) => {
    const failure = await failureOf(checkedAddresses(url, resolve));
    expect(failure.message).toBe('The host of https://git.example.com/a.git could not be found.');
  });
});

describe('a repository URL', () => {
  it('is given to Git in the spelling that was checked', () => {
    expect(readRepoUrl('https://EXAMPLE.com:443/a/../b.git#main', false).href).toBe(
      'https://example.com/b.git',
    );
  });

  it('is shown without its query, which may hold a secret', () => {
    expect(shownUrl(new URL('https://example.com/b.git?private_token=x'))).toBe('https://example.com/b.git');
  });

  it.each([
    'http://example.com/a.git',
    'ftp://example.com/a',
    'https://user@example.com/a',
    'https://exam\tple.com/',
    '',
  ])('is refused when it is %j', (text) => {
    expect(() => readRepoUrl(text, false)).toThrowError(
      expect.objectContaining({ code: 'settings_invalid' }),
    );
  });
});
