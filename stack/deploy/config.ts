/** The configuration that wrangler deploys: the tracked files with the operator's settings. */
import { relative } from 'node:path';
import { z } from 'zod';
import { definesFor } from '../edge/control-plane-bundle.ts';
import {
  DATABASE_BINDINGS,
  type DeploySettings,
  dashboardHost,
  databaseNames,
  serversName,
} from './settings.ts';

/** What is read of wrangler.toml; everything else is passed on as it is. */
const Tracked = z.looseObject({
  main: z.string(),
  define: z.record(z.string(), z.string()).default({}),
  vars: z.record(z.string(), z.string()).default({}),
  assets: z.looseObject({ directory: z.string() }),
  d1_databases: z.tuple([z.looseObject({ binding: z.string(), migrations_dir: z.string() })]),
  r2_buckets: z.array(z.looseObject({ binding: z.string() })).length(1),
});

const TrackedServers = z.looseObject({
  main: z.string(),
  services: z.array(z.looseObject({ binding: z.string() })).length(1),
});

/** Where the tracked files and the generated ones are, absolute. */
export interface Folders {
  readonly root: string;
  readonly generated: string;
}

/** What the settings alone don't say. */
export interface Found {
  /** The ids of the databases, by their numbers. */
  readonly databaseIds: readonly string[];
  /** The name of the zone that the sites' domain is in. */
  readonly sitesZone: string;
  /** Whether the Worker is bound to the server host. At the first deploy of both, the host doesn't exist yet. */
  readonly boundToServers: boolean;
  /** Whether the Worker has, or gets, the secret MONGODB_URI. */
  readonly mongodb: boolean;
}

/** A configuration of wrangler, as JSON. */
export type WranglerConfig = Record<string, unknown>;

/**
 * The control plane's configuration. Pure.
 * @param tracked the parsed wrangler.toml
 */
export function controlPlaneConfig(
  tracked: unknown,
  settings: DeploySettings,
  found: Found,
  { root, generated }: Folders,
): WranglerConfig {
  const {
    main,
    define,
    vars,
    assets,
    d1_databases: [database],
    r2_buckets: buckets,
    ...others
  } = Tracked.parse(tracked);
  const path = (file: string) => relative(generated, `${root}/${file}`);
  return {
    ...others,
    name: settings.name,
    account_id: settings.account_id,
    main: path(main),
    define: { ...define, ...definesFor(found) },
    // The Worker has one address: what is at another one would have other cookies, and no rules of the zone.
    workers_dev: false,
    preview_urls: false,
    routes: routesOf(settings, found.sitesZone),
    ...(settings.placement === 'smart' ? { placement: { mode: 'smart' } } : {}),
    vars: {
      ...vars,
      PUBLIC_URL: settings.public_url,
      SITES_DOMAIN: settings.sites_domain,
      S3_BUCKET: settings.bucket,
      ...(settings.plan === 'free' ? { PASSWORD_HASHING: 'pbkdf2' } : {}),
      ...settings.vars,
    },
    assets: { ...assets, directory: path(assets.directory) },
    d1_databases: found.databaseIds.map((id, number) => ({
      ...database,
      binding: DATABASE_BINDINGS[number],
      database_name: databaseNames(settings)[number],
      database_id: id,
      migrations_dir: path(database.migrations_dir),
    })),
    r2_buckets: buckets.map((bucket) => ({ ...bucket, bucket_name: settings.bucket })),
    ...(settings.email ? { send_email: [{ name: 'EMAIL' }] } : {}),
    ...(settings.servers && found.boundToServers
      ? { services: [{ binding: 'SERVERS', service: serversName(settings) }] }
      : {}),
  };
}

/** Where the Worker is: at the instance's host unless a Pages project is there, and at every host of a site. */
export function routesOf(
  settings: DeploySettings,
  sitesZone: string,
): ({ pattern: string; custom_domain: true } | { pattern: string; zone_name: string })[] {
  return [
    ...(settings.dashboard === 'assets'
      ? [{ pattern: dashboardHost(settings), custom_domain: true as const }]
      : []),
    { pattern: `*.${settings.sites_domain}/*`, zone_name: sitesZone },
  ];
}

/** The server host's configuration. Pure. */
export function serversConfig(
  tracked: unknown,
  settings: DeploySettings,
  { root, generated }: Folders,
): WranglerConfig {
  const { main, services, ...others } = TrackedServers.parse(tracked);
  return {
    ...others,
    name: serversName(settings),
    account_id: settings.account_id,
    main: relative(generated, `${root}/${main}`),
    services: services.map((service) => ({ ...service, service: settings.name })),
  };
}

/**
 * The configuration of the Pages project, whose function is bound to the control plane. Pure.
 * @param tracked the parsed wrangler.toml
 */
export function pagesConfig(
  tracked: unknown,
  settings: Pick<DeploySettings, 'pages_project' | 'name' | 'public_url'>,
): WranglerConfig {
  const { compatibility_date } = z.looseObject({ compatibility_date: z.string() }).parse(tracked);
  return {
    name: settings.pages_project,
    pages_build_output_dir: './site',
    compatibility_date,
    send_metrics: false,
    services: [{ binding: 'EDGE', service: settings.name }],
    vars: { PUBLIC_URL: settings.public_url },
  };
}
