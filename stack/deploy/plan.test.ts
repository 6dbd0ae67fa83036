import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'smol-toml';
import { describe, expect, test } from 'vitest';
import { ROOT } from '../command.ts';
import { settingsIn } from './ask.ts';
import { controlPlaneConfig, serversConfig } from './config.ts';
import type { Observed } from './observe.ts';
import { planDeploy } from './plan.ts';
import { commandOf, planText } from './print.ts';
import { rollbackText } from './prove.ts';
import { sha256 } from './secrets.ts';
import { parseSettings } from './settings.ts';
import type { Local } from './step.ts';
import { adviceFor } from './wrangler.ts';

const settings = parseSettings(
  'public_url = "https://apps.example.com"\nsites_domain = "example.net"\naccount_id = "0123456789abcdef0123456789abcdef"',
);
const values = { OPERATOR_SECRET: 'o', SEALING_KEY: 's', S3_ACCESS_KEY_ID: 'i', S3_SECRET_ACCESS_KEY: 'k' };
const uploaded = Object.fromEntries(Object.entries(values).map(([name, value]) => [name, sha256(value)]));
const local: Local = {
  secrets: { values, uploaded },
  migrations: ['0001_a.sql', '0002_b.sql'],
  tags: { worker: 'w', servers: 'h', pages: 'p' },
  workerBytes: 1000,
};
const zone = (name: string, status = 'active') => ({ id: name, name, status });

/** An account in which everything was deployed. */
const DEPLOYED: Observed = {
  dashboardZone: zone('example.com'),
  sitesZone: zone('example.net'),
  databases: [{ id: 'd', applied: ['0001_a.sql', '0002_b.sql'] }],
  bucket: {
    cors: [{ allowed: { origins: ['*'], methods: ['PUT'], headers: ['*'] }, exposeHeaders: ['ETag'] }],
    lifecycle: [{ id: 'x', enabled: true, abortMultipartUploadsTransition: { condition: {} } }],
  },
  queues: ['deploy-queue', 'event-queue', 'dead-letters'],
  secrets: Object.keys(values),
  worker: { versionId: 'v1', tag: 'w' },
  servers: null,
  wildcard: { records: [{ type: 'AAAA', content: '100::', proxied: true }], certificate: null },
  pages: null,
  dashboardRecords: [{ type: 'AAAA', content: '100::', proxied: true }],
  domainOf: 'appflux-edge',
};
const needed = (observed: Observed, changes: Partial<typeof settings> = {}, locally: Partial<Local> = {}) =>
  planDeploy({ ...settings, ...changes }, observed, { ...local, ...locally })
    .steps.filter(({ state }) => state === 'needed')
    .map(({ id }) => id);
const problems = (
  observed: Partial<Observed>,
  changes: Partial<typeof settings> = {},
  locally: Partial<Local> = {},
) => planDeploy({ ...settings, ...changes }, { ...DEPLOYED, ...observed }, { ...local, ...locally }).problems;

describe('steps', () => {
  test('nothing is done where everything is there', () => {
    expect(needed(DEPLOYED)).toEqual([]);
    expect(problems({})).toEqual([]);
  });

  test.each([
    ['database', { databases: [null] }, ['database', 'migrations']],
    ['bucket', { bucket: null }, ['bucket', 'cors', 'lifecycle']],
    ['cors', { bucket: { ...DEPLOYED.bucket, cors: [] } }, ['cors']],
    ['a queue', { queues: ['event-queue', 'dead-letters'] }, ['queue deploy-queue']],
    ['DNS', { wildcard: { records: [], certificate: null } }, ['wildcard record']],
    ['a migration', { databases: [{ id: 'd', applied: ['0001_a.sql'] }] }, ['migrations']],
    ['another build', { worker: { versionId: 'v', tag: 'other' } }, ['upload']],
    ['a secret', { secrets: Object.keys(values).slice(1) }, ['upload']],
  ] as [string, Partial<Observed>, string[]][])(
    'only what is missing is done: %s',
    (_name, observed, ids) => {
      expect(needed({ ...DEPLOYED, ...observed })).toEqual(ids);
    },
  );

  test('the first deploy of the server host has an order, and is continued where it ended', () => {
    const servers = { servers: true };
    const steps = planDeploy({ ...settings, ...servers }, { ...DEPLOYED, worker: null }, local).steps;
    const uploads = steps.filter(({ id }) => ['upload', 'servers', 'bind servers'].includes(id));
    expect(uploads.map(({ action }) => commandOf(action))).toEqual([
      'npx wrangler deploy --config wrangler.json',
      'npx wrangler deploy --config wrangler.servers.json --tag h',
      'npx wrangler deploy --config wrangler.json --tag w',
    ]);
    // It ended after the first upload, and after the second one.
    const unbound = { ...DEPLOYED, worker: { versionId: 'v', tag: null } };
    expect(needed(unbound, servers)).toEqual(['upload', 'servers', 'bind servers']);
    expect(needed({ ...unbound, servers: { versionId: 'h', tag: 'h' } }, servers)).toEqual(['upload']);
    expect(needed({ ...DEPLOYED, servers: { versionId: 'h', tag: 'h' } }, servers)).toEqual([]);
  });

  test('further databases are created and migrated before the Worker that is bound to them', () => {
    const three = { metadata_databases: 3 };
    const whole = { id: 'd', applied: ['0001_a.sql', '0002_b.sql'] };
    const steps = planDeploy({ ...settings, ...three }, DEPLOYED, {
      ...local,
      tags: { ...local.tags, worker: 'x' },
    })
      .steps.filter(({ state }) => state === 'needed')
      .map(({ action }) => commandOf(action));
    expect(steps).toEqual([
      'npx wrangler d1 create appflux-metadata-1',
      'npx wrangler d1 create appflux-metadata-2',
      'npx wrangler d1 migrations apply METADATA_1 --remote --config wrangler.json',
      'npx wrangler d1 migrations apply METADATA_2 --remote --config wrangler.json',
      'npx wrangler deploy --config wrangler.json --tag x',
    ]);
    expect(needed({ ...DEPLOYED, databases: [whole, whole, null] }, three)).toEqual([
      'database 2',
      'migrations 2',
    ]);
    expect(needed({ ...DEPLOYED, databases: [whole, whole, whole] }, three)).toEqual([]);
  });

  test('a dashboard on Pages is one more project, with its domain', () => {
    const pages = { dashboard: 'pages' as const };
    const free = { ...DEPLOYED, domainOf: null, dashboardRecords: [] };
    expect(needed(free, pages)).toEqual(['pages project', 'pages upload', 'pages domain', 'pages record']);
    const done = {
      ...free,
      pages: { domains: ['apps.example.com'], tag: 'p' },
      dashboardRecords: [{ type: 'CNAME', content: 'appflux.pages.dev', proxied: true }],
    };
    expect(needed(done, pages)).toEqual([]);
    expect(needed({ ...done, pages: { ...done.pages, tag: 'old' } }, pages)).toEqual(['pages upload']);
  });
});

describe('problems', () => {
  const advanced = { sites_domain: 'sites.example.net' };
  test.each([
    ['a missing zone', { dashboardZone: null }, {}, 'no zone for apps.example.com'],
    ['a zone that is not active', { sitesZone: zone('example.net', 'pending') }, {}, 'set the name servers'],
    ['a certificate for two levels', {}, advanced, 'order_certificate = true'],
    [
      'DNS without proxy',
      { wildcard: { records: [{ type: 'A', content: '192.0.2.1', proxied: false }], certificate: null } },
      {},
      'is not proxied',
    ],
    ['another Worker’s domain', { domainOf: 'shop' }, {}, 'custom domain of the Worker shop'],
    [
      'a web server at the host',
      { domainOf: null, dashboardRecords: [{ type: 'A', content: '192.0.2.1', proxied: true }] },
      {},
      'A 192.0.2.1',
    ],
    [
      'the Worker’s own domain, with Pages',
      {},
      { dashboard: 'pages' as const },
      'custom domain of the Worker appflux-edge',
    ],
    [
      'a newer database',
      { databases: [{ id: 'd', applied: ['0001_a.sql', '9001_later.sql'] }] },
      {},
      'does not know 9001_later.sql',
    ],
    [
      'fewer databases than there are',
      {
        databases: [
          { id: 'd', applied: [] },
          { id: 'e', applied: [] },
          { id: 'f', applied: [] },
        ],
      },
      { metadata_databases: 2 },
      'leaves out appflux-metadata-2, and the teams in it: set it to 3 or more',
    ],
    ['a lost sealing key', { secrets: ['OPERATOR_SECRET'] }, {}, 'SEALING_KEY'],
  ] as [string, Partial<Observed>, object, string][])('%s', (name, observed, changes, why) => {
    const locally = name === 'a lost sealing key' ? { secrets: { values: {}, uploaded: {} } } : {};
    expect(problems(observed, changes, locally).join('\n')).toContain(why);
  });

  test('a certificate that is there, or ordered, is none; one that is pending is a note', () => {
    const records = DEPLOYED.wildcard.records;
    expect(problems({ wildcard: { records, certificate: 'active' } }, advanced)).toEqual([]);
    expect(problems({}, { ...advanced, order_certificate: true })).toEqual([]);
    expect(needed(DEPLOYED, { ...advanced, order_certificate: true })).toEqual(['certificate']);
    expect(needed(DEPLOYED, { order_certificate: true })).toEqual([]);
    const pending = { ...DEPLOYED, wildcard: { records, certificate: 'pending_validation' } };
    expect(planDeploy({ ...settings, ...advanced }, pending, local).warnings.join()).toContain(
      'pending_validation',
    );
  });

  test('the free plan takes a smaller Worker', () => {
    const large = { workerBytes: 4 * 1024 ** 2 };
    const warnings = (plan: 'free' | 'paid') =>
      planDeploy({ ...settings, plan }, DEPLOYED, { ...local, ...large }).warnings.join();
    expect(warnings('paid')).toBe('');
    expect(warnings('free')).toContain('the free plan allowed');
  });
});

test('without the account, every step is shown with its command, and no secret', () => {
  const { steps } = planDeploy(settings, null, local);
  expect(new Set(steps.map(({ state }) => state))).toEqual(new Set(['unknown']));
  const text = planText(
    planDeploy(settings, null, {
      ...local,
      secrets: { values: { ...values, SEALING_KEY: 'visible' }, uploaded: {} },
    }),
  ).join('\n');
  expect(text).toContain('npx wrangler d1 create appflux');
  expect(text).toContain('"name":"*.example.net"');
  expect(text).not.toContain('visible');
});

test('arguments are quoted for a shell', () => {
  expect(commandOf({ kind: 'wrangler', args: ['a b', "it's", '*', 'plain'] })).toBe(
    `npx wrangler 'a b' 'it'\\''s' '*' plain`,
  );
});

describe('configuration', async () => {
  const [worker, servers] = await Promise.all(
    ['wrangler.toml', 'wrangler.servers.toml'].map(async (name) =>
      parse(await readFile(join(ROOT, name), 'utf8')),
    ),
  );
  const folders = { root: '/checkout', generated: '/checkout/.appflux/deploy' };
  const found = { databaseIds: ['id-1'], sitesZone: 'example.net', boundToServers: true, mongodb: false };

  test('the tracked file, with the operator’s values', () => {
    const config = controlPlaneConfig(worker, { ...settings, vars: { ARTIFACTS_DAYS: '7' } }, found, folders);
    expect(config).toMatchObject({
      name: 'appflux-edge',
      main: '../../edge/src/index.ts',
      workers_dev: false,
      preview_urls: false,
      routes: [
        { pattern: 'apps.example.com', custom_domain: true },
        { pattern: '*.example.net/*', zone_name: 'example.net' },
      ],
      placement: { mode: 'smart' },
      vars: {
        PUBLIC_URL: 'https://apps.example.com',
        SITES_DOMAIN: 'example.net',
        ARTIFACTS_DAYS: '7',
        LOGS_DAYS: '90',
      },
      assets: { directory: '../../dashboard/build', run_worker_first: ['/*', '!/_appflux/*'] },
      d1_databases: [{ binding: 'METADATA', database_id: 'id-1', migrations_dir: '../../edge/migrations' }],
      // Cloudflare would also log the URLs of requests, and those of deploy hooks contain tokens.
      observability: { logs: { enabled: true, invocation_logs: false } },
    });
    expect(config.migrations).toEqual((worker as { migrations: unknown }).migrations);
    expect([config.services, config.send_email]).toEqual([undefined, undefined]);
    expect((config.vars as Record<string, string>).PASSWORD_HASHING).toBeUndefined();
  });

  test('each database has its binding, its name and all migrations', () => {
    const several = { ...settings, metadata_databases: 2 };
    const config = controlPlaneConfig(worker, several, { ...found, databaseIds: ['id-1', 'id-2'] }, folders);
    const migrations_dir = '../../edge/migrations';
    expect(config.d1_databases).toEqual([
      { binding: 'METADATA', database_name: 'appflux', database_id: 'id-1', migrations_dir },
      { binding: 'METADATA_1', database_name: 'appflux-metadata-1', database_id: 'id-2', migrations_dir },
    ]);
  });

  test('the bundle has the driver of MongoDB only where the Worker has its URI', () => {
    const define = (mongodb: boolean) =>
      controlPlaneConfig(worker, settings, { ...found, mongodb }, folders).define;
    expect([define(false), define(true)]).toEqual([{ MONGODB_DRIVER: 'false' }, { MONGODB_DRIVER: 'true' }]);
  });

  test('on the free plan passwords are hashed with less CPU', () => {
    const { vars } = controlPlaneConfig(worker, { ...settings, plan: 'free' }, found, folders);
    expect(vars).toMatchObject({ PASSWORD_HASHING: 'pbkdf2' });
  });

  test('the Worker is bound to the server host once that exists', () => {
    const both = { ...settings, servers: true, email: true, name: 'second', placement: 'off' as const };
    const config = controlPlaneConfig(worker, both, found, folders);
    expect(config).toMatchObject({
      services: [{ binding: 'SERVERS', service: 'second-servers' }],
      send_email: [{ name: 'EMAIL' }],
    });
    expect(config.placement).toBeUndefined();
    expect(
      controlPlaneConfig(worker, both, { ...found, boundToServers: false }, folders).services,
    ).toBeUndefined();
    expect(serversConfig(servers, both, folders)).toMatchObject({
      name: 'second-servers',
      workers_dev: false,
      services: [{ binding: 'CONTROL', service: 'second', entrypoint: 'ServerControl' }],
    });
  });

  test('with Pages, the instance’s host is not the Worker’s', () => {
    const { routes } = controlPlaneConfig(worker, { ...settings, dashboard: 'pages' }, found, folders);
    expect(routes).toEqual([{ pattern: '*.example.net/*', zone_name: 'example.net' }]);
  });

  test('settings that were written into wrangler.toml are found, and nothing in the file as it was', () => {
    expect(settingsIn(worker, worker)).toBeNull();
    const original = worker as { vars: Record<string, string>; d1_databases: object[] };
    const edited = {
      ...original,
      vars: { ...original.vars, PUBLIC_URL: 'https://a.example', SITES_DOMAIN: 'b.example', LOGS_DAYS: '7' },
      d1_databases: [{ ...original.d1_databases[0], database_name: 'mine', database_id: 'x' }],
      services: [{ binding: 'SERVERS', service: 'appflux-servers' }],
    };
    expect(settingsIn(edited, worker)).toEqual({
      public_url: 'https://a.example',
      sites_domain: 'b.example',
      database: 'mine',
      servers: true,
      vars: { LOGS_DAYS: '7' },
    });
  });
});

test.each([
  ['✘ [ERROR] Authentication error [code: 10000]', 'permissions'],
  ['Please enable R2 through the Cloudflare Dashboard. [code: 10042]', 'enable R2'],
  ['Your Worker exceeded the size limit [code: 10027]', 'Paid plan'],
  ['Hostname already has externally managed DNS records [code: 100117]', 'another DNS record'],
  ['something else', 'what is done stays done'],
])('%s: %s', (output, advice) => {
  expect(adviceFor(output)).toContain(advice);
});

test('after a failed smoke test, the way back names the version', () => {
  expect(rollbackText('appflux-edge', 'v1')[0]).toContain('npx wrangler rollback v1 --name appflux-edge');
  expect(rollbackText('appflux-edge', null).join()).not.toContain('rollback');
});
