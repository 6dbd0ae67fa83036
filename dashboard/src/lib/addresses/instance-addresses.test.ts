import type { InstanceAddresses as Addresses } from '@appflux/protocol';
import { expect, test } from 'vitest';
import { certificateNote, InstanceAddresses, zoneLine } from './instance-addresses.svelte.ts';

const addresses: Addresses = {
  publicUrl: 'https://flux.example.com',
  sitesDomain: 'sites.example.com',
  tls: 'auto',
  certificates: [],
  missingRecords: { dashboard: [], wildcard: null, sites: [] },
};

test('the addresses are loaded', async () => {
  const live = new InstanceAddresses(
    { operator: { addresses: async () => addresses } },
    { visible: () => true, onWake: () => () => undefined },
  );
  const stop = live.start();
  await expect.poll(() => live.all?.publicUrl).toBe('https://flux.example.com');
  stop();
});

test.each([
  [null, 'No certificate yet', true],
  [-1, 'Expired', true],
  [0, 'Expires in 0 days', true],
  [1, 'Expires in 1 day', true],
  [13, 'Expires in 13 days', true],
  [14, 'Expires in 14 days', false],
  [80, 'Expires in 80 days', false],
])('with %s days left: %s', (daysLeft, text, isBad) => {
  const state = { host: 'flux.example.com', expiresAt: null, error: null, daysLeft };
  expect(certificateNote(state)).toEqual({ text, isBad });
});

test('a record is a line of a zone file, with names that end', () => {
  const name = '*.sites.example.com';
  expect(zoneLine({ type: 'CNAME', name, value: 'flux.example.com' })).toBe(
    '*.sites.example.com. CNAME flux.example.com.',
  );
  expect(zoneLine({ type: 'A', name: 'flux.example.com', value: '203.0.113.7' })).toBe(
    'flux.example.com. A 203.0.113.7',
  );
  expect(zoneLine({ type: 'A', name: 'flux.example.com', value: null })).toBe('flux.example.com. A ADDRESS');
});
