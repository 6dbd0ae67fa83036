import { env } from 'cloudflare:workers';
import { expect, test } from 'vitest';
import { clientAddressOf, networkOf } from './client-address.ts';

test.each([
  ['203.0.113.7', '203.0.113.7'],
  [' 203.0.113.7 ', '203.0.113.7'],
  ['::ffff:203.0.113.7', '203.0.113.7'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:DB8:1:2::1', '2001:db8:1:2::/64'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['2001:0db8:0000:0000:0000:0000:0000:0001', '2001:db8:0:0::/64'],
  ['fe80::', 'fe80:0:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
])('%s is counted as %s', (address, expected) => {
  expect(networkOf(address)).toBe(expected);
});

test.each([
  null,
  '',
  'unknown',
  'localhost',
  '203.0.113.7, 10.0.0.1',
  '2001:db8:::1',
  '[::1]',
  '::1]:80/?',
  'x'.repeat(999),
])('%s is no address', (text) => expect(networkOf(text)).toBeNull());

test('only the header that the deployment names is believed, and none where it names none', () => {
  const request = new Request('http://localhost', {
    headers: {
      'CF-Connecting-IP': '203.0.113.7',
      'X-Forwarded-For': '203.0.113.8',
      'X-Real-IP': '203.0.113.9',
    },
  });
  expect(clientAddressOf(request, { ...env, CLIENT_ADDRESS_HEADER: 'CF-Connecting-IP' })).toBe('203.0.113.7');
  expect(clientAddressOf(request, { ...env, CLIENT_ADDRESS_HEADER: '' })).toBeNull();
  expect(clientAddressOf(request, {})).toBeNull();
});
