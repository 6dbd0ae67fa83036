import { env } from 'cloudflare:workers';
import { InstanceAddresses } from '@appflux/protocol';
import { beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { missingRecords } from '../hosts/records.ts';
import { metadataOf } from '../metadata/index.ts';
import type { AppRecord } from '../metadata/metadata.ts';
import { newObjectId } from '../metadata/object-id.ts';
import { appRecord, deploymentRecord } from '../metadata/testing/sample-records.ts';
import { forgetAll, requestWith } from '../testing/worker.ts';

const HERE = { PUBLIC_URL: 'https://flux.example.com', SITES_DOMAIN: 'sites.example.com:8443' };

beforeEach(() => forgetAll());

const ask = async (host: string, variables: Partial<typeof env> = {}): Promise<number> => {
  const asked = { method: 'POST', token: env.OPERATOR_SECRET, json: { host } };
  return (await requestWith({ ...HERE, ...variables }, '/api/ops/certificates', asked)).status;
};

async function newApp(slug: string, ownerId: string = crypto.randomUUID()) {
  const app = appRecord({ slug, ownerId });
  await metadataOf(env).apps.insert(app);
  return app;
}

async function deployed(app: AppRecord, status: 'success' | 'failed') {
  const record = deploymentRecord(app, { status });
  await metadataOf(env).deployments.project(record, 1);
  return record.id;
}

describe('a certificate', () => {
  test('is for hosts that exist', async () => {
    const app = await newApp('shop');
    const id = await deployed(app, 'success');
    for (const host of [
      'flux.example.com',
      'FLUX.example.com.',
      'shop.sites.example.com',
      `${id}--shop.sites.example.com`,
    ])
      expect(await ask(host), host).toBe(204);
  });

  test('is for no other', async () => {
    const app = await newApp('shop');
    const other = await newApp('other');
    const failed = await deployed(app, 'failed');
    const others = await deployed(other, 'success');
    for (const host of [
      'example.com',
      'sites.example.com',
      'gone.sites.example.com',
      'shop.example.com',
      'shop.sites.example.com.evil.example',
      'a.shop.sites.example.com',
      'shopsites.example.com',
      'x-shop.sites.example.com',
      '*.sites.example.com',
      'localhost',
      '203.0.113.7',
      `${failed}--shop.sites.example.com`,
      `${others}--shop.sites.example.com`,
      `${newObjectId()}--shop.sites.example.com`,
      `x--shop.sites.example.com`,
      `${others}--other--shop.sites.example.com`,
      '--shop.sites.example.com',
      "shop'--.sites.example.com",
      '.sites.example.com',
    ])
      expect(await ask(host), host).toBe(404);
    expect(await ask('')).toBe(400);
    expect(await ask('a'.repeat(256))).toBe(400);
  });

  test('counts once for its team, which has a number for the week', async () => {
    const team = crypto.randomUUID();
    for (const slug of ['one', 'two', 'three']) await newApp(slug, team);
    await newApp('elsewhere');
    const limit = { CERTIFICATES_PER_TEAM: '2' };
    const status = (slug: string) => ask(`${slug}.sites.example.com`, limit);
    for (let n = 0; n < 5; n += 1) expect(await status('one')).toBe(204);
    expect(await status('two')).toBe(204);
    expect(await status('three')).toBe(429);
    expect(await status('three')).toBe(429);
    // Neither what the team has already, nor another team, nor the dashboard is held up.
    expect(await status('one')).toBe(204);
    expect(await status('elsewhere')).toBe(204);
    expect(await ask('flux.example.com', limit)).toBe(204);
  });

  test('is not for anyone to ask about', async () => {
    const json = { host: 'flux.example.com' };
    expect((await requestWith(HERE, '/api/ops/certificates', { method: 'POST', json })).status).toBe(401);
  });
});

describe('the addresses', () => {
  test('are those of the settings where nothing more is known', async () => {
    const response = await requestWith(HERE, '/api/ops/addresses', { token: env.OPERATOR_SECRET });
    expect(InstanceAddresses.parse(await response.json())).toEqual({
      publicUrl: 'https://flux.example.com',
      sitesDomain: 'sites.example.com:8443',
      tls: null,
      certificates: [],
      missingRecords: { dashboard: [], wildcard: null, sites: [] },
    });
  });

  test('are answered without a status that does not come', async () => {
    const variables = { ...HERE, ADDRESS_STATUS_URL: 'http://127.0.0.1:1/status' };
    const response = await requestWith(variables, '/api/ops/addresses', { token: env.OPERATOR_SECRET });
    expect(z.object({ tls: z.null() }).parse(await response.json())).toEqual({ tls: null });
  });
});

describe('missing records', () => {
  const status = {
    tls: 'auto',
    certificates: [],
    wildcard: false,
    unresolved: [],
    machine: ['203.0.113.7'],
  } as const;
  const of = (changes: Partial<{ wildcard: boolean | null; unresolved: string[]; machine: string[] }>) =>
    missingRecords({
      dashboard: 'flux.example.com',
      sitesDomain: 'sites.example.com',
      sites: ['a.sites.example.com', 'b.sites.example.com'],
      status: { ...status, unresolved: [], machine: [...status.machine], certificates: [], ...changes },
    });

  test('are one wildcard, or one for each site that has none', () => {
    expect(of({ unresolved: ['b.sites.example.com'] })).toEqual({
      dashboard: [],
      wildcard: { type: 'CNAME', name: '*.sites.example.com', value: 'flux.example.com' },
      sites: [{ type: 'CNAME', name: 'b.sites.example.com', value: 'flux.example.com' }],
    });
  });

  test('are none with a wildcard, or while nothing is known', () => {
    const none = { dashboard: [], wildcard: null, sites: [] };
    expect(of({ wildcard: true, unresolved: ['b.sites.example.com'] })).toEqual(none);
    expect(of({ wildcard: null })).toEqual(none);
  });

  test('of the dashboard lead to the machine', () => {
    const dashboard = (machine: string[]) =>
      of({ wildcard: true, unresolved: ['flux.example.com'], machine }).dashboard;
    expect(dashboard(['203.0.113.7', '2001:db8::7'])).toEqual([
      { type: 'A', name: 'flux.example.com', value: '203.0.113.7' },
      { type: 'AAAA', name: 'flux.example.com', value: '2001:db8::7' },
    ]);
    expect(dashboard([])).toEqual([{ type: 'A', name: 'flux.example.com', value: null }]);
  });
});
