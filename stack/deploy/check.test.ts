import { join } from 'node:path';
import { expect, test } from 'vitest';
import { unstable_readConfig as readConfig } from 'wrangler';
import { ROOT } from '../command.ts';
import { deployProblems } from './check.ts';

test('the configuration of the checkout is for a local instance, and a deploy says what to change', () => {
  expect(deployProblems(readConfig({ config: join(ROOT, 'wrangler.toml') }))).toEqual([
    'PUBLIC_URL is not an https address without a slash at its end',
    'SITES_DOMAIN is a local name',
    'database_id of METADATA is not the id that "wrangler d1 create" gave',
  ]);
});

test('a configuration with an address, a domain and a database is ready', () => {
  const vars = { PUBLIC_URL: 'https://apps.example.com', SITES_DOMAIN: 'sites.example.net' };
  const database_id = '0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0';
  expect(deployProblems({ vars, d1_databases: [{ binding: 'METADATA', database_id }] })).toEqual([]);
});

test('Cloudflare writes no URLs of requests into the log, since those of deploy hooks hold tokens', () => {
  const { observability } = readConfig({ config: join(ROOT, 'wrangler.toml') });
  expect(observability?.logs).toMatchObject({ enabled: true, invocation_logs: false });
});
