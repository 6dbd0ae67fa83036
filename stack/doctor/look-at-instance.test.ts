import { networkInterfaces } from 'node:os';
import { expect, test } from 'vitest';
import { lookAtNames } from './look-at-instance.ts';

const names = { publicHost: 'flux.example.com', sitesHost: 'sites.example.com' };

test('names are looked up as visitors would, sites by one that nobody has made a record for', async () => {
  const asked: string[] = [];
  const own = Object.values(networkInterfaces()).flatMap((list) => list ?? [])[0]?.address ?? '';
  const findings = await lookAtNames(names, async (name) => {
    asked.push(name);
    if (name === 'flux.example.com') return [own];
    throw new Error('queryA ENOTFOUND');
  });
  expect(asked[0]).toBe('flux.example.com');
  expect(asked[1]).toMatch(/^check-[0-9a-f]{12}\.sites\.example\.com$/);
  expect(findings).toEqual([
    { level: 'ok', text: `DNS: flux.example.com resolves to this machine (${own})` },
    {
      level: 'weak',
      text: 'DNS: *.sites.example.com does not resolve',
      advice: expect.stringContaining('*.sites.example.com CNAME flux.example.com'),
    },
  ]);
});

test('names that always mean this machine, and addresses, are not looked up', async () => {
  const resolve = () => {
    throw new Error('looked up');
  };
  expect(await lookAtNames({ publicHost: 'localhost', sitesHost: 'sites.localhost' }, resolve)).toEqual([]);
  expect(await lookAtNames({ publicHost: '192.0.2.7', sitesHost: 'sites.localhost' }, resolve)).toEqual([]);
});
