import { join } from 'node:path';
import { expect, test } from 'vitest';
import { unstable_readConfig as readConfig } from 'wrangler';
import { ROOT } from '../command.ts';
import { deployProblems } from './check.ts';

test('the configuration of the checkout is for a local instance, and a deploy lists what to change', () => {
  expect(deployProblems(readConfig({ config: join(ROOT, 'wrangler.toml') }))).toEqual([
    'PUBLIC_URL is not an https URL without a trailing slash',
    'SITES_DOMAIN is a local name',
    'database_id of METADATA is not an id that "wrangler d1 create" printed',
  ]);
});

test('a configuration with a URL, a domain and a database is ready', () => {
  const vars = { PUBLIC_URL: 'https://apps.example.com', SITES_DOMAIN: 'sites.example.net' };
  const database_id = '0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0';
  expect(deployProblems({ vars, d1_databases: [{ binding: 'METADATA', database_id }] })).toEqual([]);
});

test.each([
  ['example.com', true],
  ['apps.example.com', true],
  ['APPS.example.com:8443', true],
  ['sites.apps.example.com', false],
  ['example.com.evil.net', false],
  ['s.example.com', false],
])('sites below %s could pass for the dashboard: %s', (SITES_DOMAIN, covers) => {
  const vars = { PUBLIC_URL: 'https://apps.example.com', SITES_DOMAIN };
  expect(deployProblems({ vars, d1_databases: [] })).toHaveLength(covers ? 1 : 0);
});

test('Cloudflare logs no URLs of requests, because those of deploy hooks contain tokens', () => {
  const { observability } = readConfig({ config: join(ROOT, 'wrangler.toml') });
  expect(observability?.logs).toMatchObject({ enabled: true, invocation_logs: false });
});
