/** What there is in a Cloudflare account before a deploy. Changes nothing. */
import { z } from 'zod';
import type { CloudflareApi } from './api.ts';
import type { CorsRule, LifecycleRule } from './bucket.ts';
import { type DeploySettings, dashboardHost, databaseNames, serversName } from './settings.ts';

const Zone = z.looseObject({ id: z.string(), name: z.string(), status: z.string() });
export type Zone = Readonly<Pick<z.infer<typeof Zone>, 'id' | 'name' | 'status'>>;

const Database = z.looseObject({ uuid: z.string(), name: z.string() });
const QueryResult = z.array(
  z.looseObject({ results: z.array(z.looseObject({ name: z.string() })).nullish() }),
);
const Queue = z.looseObject({ queue_name: z.string() });
const Secret = z.looseObject({ name: z.string() });
const Record_ = z.looseObject({ type: z.string(), content: z.string(), proxied: z.boolean().nullish() });
const Pack = z.looseObject({ hosts: z.array(z.string()).nullish(), status: z.string() });
const Deployments = z.looseObject({
  deployments: z.array(z.looseObject({ versions: z.array(z.looseObject({ version_id: z.string() })) })),
});
const Version = z.looseObject({ annotations: z.record(z.string(), z.unknown()).nullish() });
const Cors = z.looseObject({
  rules: z.array(
    z.looseObject({
      allowed: z.looseObject({
        origins: z.array(z.string()).default([]),
        methods: z.array(z.string()).default([]),
        headers: z.array(z.string()).optional(),
      }),
      exposeHeaders: z.array(z.string()).optional(),
    }),
  ),
});
const Lifecycle = z.looseObject({ rules: z.array(z.looseObject({ id: z.string() })).nullish() });
const CustomDomain = z.looseObject({ hostname: z.string(), service: z.string() });
const Project = z.looseObject({
  latest_deployment: z
    .looseObject({
      deployment_trigger: z
        .looseObject({ metadata: z.looseObject({ commit_message: z.string().nullish() }).nullish() })
        .nullish(),
    })
    .nullish(),
});
const Domain = z.looseObject({ name: z.string() });

/** A DNS record; `proxied` is whether requests go through Cloudflare, and so reach Workers. */
export interface DnsState {
  readonly type: string;
  readonly content: string;
  readonly proxied: boolean;
}

/** What is deployed of a Worker. */
export interface DeployedWorker {
  readonly versionId: string | null;
  /** What the version was tagged with (`--tag`). */
  readonly tag: string | null;
}

/** A database's id, and the migrations that were applied to it. */
export interface DatabaseState {
  readonly id: string;
  readonly applied: readonly string[];
}

export interface Observed {
  readonly dashboardZone: Zone | null;
  readonly sitesZone: Zone | null;
  /** Every database that the settings can have, by its number; null if there is none. */
  readonly databases: readonly (DatabaseState | null)[];
  readonly bucket: {
    readonly cors: readonly CorsRule[];
    readonly lifecycle: readonly LifecycleRule[];
  } | null;
  readonly queues: readonly string[];
  /** The names of the Worker's secrets; null if there is no Worker. */
  readonly secrets: readonly string[] | null;
  readonly worker: DeployedWorker | null;
  readonly servers: DeployedWorker | null;
  /** The DNS records of `*.SITES_DOMAIN`, and the state of a certificate with this host; null if there is none. */
  readonly wildcard: { readonly records: readonly DnsState[]; readonly certificate: string | null };
  /** The Pages project: its domains, and the commit message of its newest deployment; null if there is none. */
  readonly pages: { readonly domains: readonly string[]; readonly tag: string | null } | null;
  /** The DNS records of the instance's host, and the Worker that it is a custom domain of; null if of none. */
  readonly dashboardRecords: readonly DnsState[];
  readonly domainOf: string | null;
}

/** Reads all of it. Throws StackProblem as `CloudflareApi` does. */
export async function observe(api: CloudflareApi, settings: DeploySettings): Promise<Observed> {
  const account = `/accounts/${settings.account_id}`;
  const [dashboardZone, sitesZone] = [
    await zoneOf(api, settings.account_id, dashboardHost(settings)),
    await zoneOf(api, settings.account_id, settings.sites_domain),
  ];
  return {
    dashboardZone,
    sitesZone,
    databases: await databasesOf(api, account, settings),
    bucket: await bucketOf(api, `${account}/r2/buckets/${settings.bucket}`),
    queues: (await api.list(`${account}/queues?per_page=100`)).map((one) => Queue.parse(one).queue_name),
    secrets: await secretsOf(api, `${account}/workers/scripts/${settings.name}/secrets`),
    worker: await workerOf(api, `${account}/workers/scripts/${settings.name}`),
    servers: settings.servers
      ? await workerOf(api, `${account}/workers/scripts/${serversName(settings)}`)
      : null,
    wildcard: {
      records: sitesZone === null ? [] : await recordsOf(api, sitesZone, `*.${settings.sites_domain}`),
      certificate:
        sitesZone === null ? null : await certificateOf(api, sitesZone, `*.${settings.sites_domain}`),
    },
    pages:
      settings.dashboard === 'pages'
        ? await pagesOf(api, `${account}/pages/projects/${settings.pages_project}`)
        : null,
    dashboardRecords:
      dashboardZone === null ? [] : await recordsOf(api, dashboardZone, dashboardHost(settings)),
    domainOf: await domainOf(api, account, dashboardHost(settings)),
  };
}

/** The zone that a host is in: the one with the longest name that the account has. */
async function zoneOf(api: CloudflareApi, accountId: string, host: string): Promise<Zone | null> {
  const labels = host.split('.');
  for (let first = 0; first <= labels.length - 2; first++) {
    const name = labels.slice(first).join('.');
    const found = z.array(Zone).parse(await api.call('GET', `/zones?name=${name}&account.id=${accountId}`));
    const zone = found.find((one) => one.name === name);
    if (zone !== undefined) return { id: zone.id, name: zone.name, status: zone.status };
  }
  return null;
}

/** All databases that the settings can have. */
export async function databasesOf(
  api: CloudflareApi,
  account: string,
  settings: DeploySettings,
): Promise<Observed['databases']> {
  // The API finds databases whose names contain this one.
  const found = await api.list(`${account}/d1/database?name=${settings.database}`);
  const ids = new Map(found.map((one) => Database.parse(one)).map(({ name, uuid }) => [name, uuid]));
  const databases: (DatabaseState | null)[] = [];
  for (const name of databaseNames(settings)) {
    const id = ids.get(name);
    databases.push(id === undefined ? null : { id, applied: await appliedTo(api, account, id) });
  }
  return databases;
}

/** The names of the migrations that a database has, in their order. */
async function appliedTo(api: CloudflareApi, account: string, id: string): Promise<string[]> {
  const path = `${account}/d1/database/${id}/query`;
  const names = async (sql: string) =>
    QueryResult.parse(await api.call('POST', path, { sql })).flatMap(({ results }) =>
      (results ?? []).map((row) => row.name),
    );
  const tables = await names(
    "SELECT name FROM sqlite_master WHERE type = 'table' AND name = 'd1_migrations'",
  );
  return tables.length === 0 ? [] : names('SELECT name FROM d1_migrations ORDER BY id');
}

/** The bucket's rules; null if there is no bucket. */
export async function bucketOf(api: CloudflareApi, path: string): Promise<Observed['bucket']> {
  if ((await api.find(path)) === null) return null;
  // A bucket without rules is answered 404.
  const cors = await api.find(`${path}/cors`);
  const lifecycle = await api.find(`${path}/lifecycle`);
  return {
    cors: cors === null ? [] : Cors.parse(cors).rules,
    lifecycle: lifecycle === null ? [] : (Lifecycle.parse(lifecycle).rules ?? []),
  };
}

async function secretsOf(api: CloudflareApi, path: string): Promise<string[] | null> {
  const found = await api.find(path);
  return found === null
    ? null
    : z
        .array(Secret)
        .parse(found)
        .map(({ name }) => name);
}

/** The version of a Worker that is deployed; null if there is no such Worker. */
async function workerOf(api: CloudflareApi, path: string): Promise<DeployedWorker | null> {
  const found = await api.find(`${path}/deployments`);
  if (found === null) return null;
  const versionId = Deployments.parse(found).deployments[0]?.versions[0]?.version_id ?? null;
  if (versionId === null) return { versionId: null, tag: null };
  const version = await api.find(`${path}/versions/${versionId}`);
  const tag = version === null ? null : Version.parse(version).annotations?.['workers/tag'];
  return { versionId, tag: typeof tag === 'string' ? tag : null };
}

async function recordsOf(api: CloudflareApi, zone: Zone, name: string): Promise<DnsState[]> {
  const found = await api.list(`/zones/${zone.id}/dns_records?name=${encodeURIComponent(name)}`);
  return found
    .map((one) => Record_.parse(one))
    .filter(({ type }) => ['A', 'AAAA', 'CNAME'].includes(type))
    .map(({ type, content, proxied }) => ({ type, content, proxied: proxied === true }));
}

/** The state of the zone's certificate with this host, `active` if any is; null if there is none. */
async function certificateOf(api: CloudflareApi, zone: Zone, host: string): Promise<string | null> {
  const found = await api.list(`/zones/${zone.id}/ssl/certificate_packs?status=all`);
  const states = found
    .map((one) => Pack.parse(one))
    .filter(({ hosts }) => hosts?.includes(host) === true)
    .map(({ status }) => status);
  return states.includes('active') ? 'active' : (states[0] ?? null);
}

/** The Worker that a host is a custom domain of. */
async function domainOf(api: CloudflareApi, account: string, host: string): Promise<string | null> {
  const found = z
    .array(CustomDomain)
    .parse(await api.call('GET', `${account}/workers/domains?hostname=${host}`));
  return found.find(({ hostname }) => hostname === host)?.service ?? null;
}

async function pagesOf(api: CloudflareApi, path: string): Promise<Observed['pages']> {
  const found = await api.find(path);
  if (found === null) return null;
  const domains = z.array(Domain).parse(await api.call('GET', `${path}/domains`));
  const { latest_deployment: latest } = Project.parse(found);
  return {
    domains: domains.map(({ name }) => name),
    tag: latest?.deployment_trigger?.metadata?.commit_message ?? null,
  };
}
