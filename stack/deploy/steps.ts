/** The steps of a deploy, in four groups. Pure. */
import { pendingMigrations } from '../edge/migrations.ts';
import { withCors, withLifecycle } from './bucket.ts';
import type { DnsState, Observed, Zone } from './observe.ts';
import type { SecretsPlan } from './secrets.ts';
import {
  DATABASE_BINDINGS,
  type DeploySettings,
  dashboardHost,
  databaseNames,
  serversName,
} from './settings.ts';
import { type Action, FILES, type Local, type Step } from './step.ts';

/** Names that the Worker's code has. */
const QUEUES = ['deploy-queue', 'event-queue', 'dead-letters'] as const;

/** A proxied record needs some address; this one, of RFC 6666, leads nowhere. The Worker answers before it is used. */
const NOWHERE = { type: 'AAAA', content: '100::' } as const;

/** Makes a step whose state follows from what there is. */
export type MakeStep = (
  id: string,
  title: string,
  why: string,
  check: string,
  action: Action,
  isDone: boolean,
) => Step;

const wrangler = (...args: string[]): Action => ({ kind: 'wrangler', args });

/** The names of the databases that these settings use, by their numbers. */
const usedDatabases = (settings: DeploySettings): string[] =>
  databaseNames(settings).slice(0, settings.metadata_databases);

/** The id of the step that migrates the first database; those of others end with their numbers. */
const MIGRATIONS = 'migrations';

/** Whether a step migrates a database. */
export const isMigration = ({ id }: Step): boolean => id.split(' ')[0] === MIGRATIONS;

/** The databases, the bucket and the queues. */
export function resources(settings: DeploySettings, observed: Observed | null, step: MakeStep): Step[] {
  const { bucket } = settings;
  const rules = observed?.bucket ?? null;
  return [
    ...usedDatabases(settings).map((database, number) =>
      step(
        number === 0 ? 'database' : `database ${number}`,
        `Create the D1 database ${database}`,
        number === 0
          ? 'it holds metadata: apps, deployments, users'
          : 'it holds the deployments of a part of the teams',
        'the account’s list of databases',
        wrangler('d1', 'create', database),
        observed?.databases[number] != null,
      ),
    ),
    step(
      'bucket',
      `Create the R2 bucket ${bucket}`,
      'it holds sources, artifacts, sites and logs',
      'the bucket by its name',
      wrangler('r2', 'bucket', 'create', bucket),
      rules !== null,
    ),
    step(
      'cors',
      `Allow uploads to ${bucket} from ${settings.public_url}`,
      'browsers upload sources directly to the bucket',
      'the bucket’s CORS rules; rules of others are kept',
      wrangler('r2', 'bucket', 'cors', 'set', bucket, '--file', FILES.cors, '--force'),
      rules !== null && withCors(rules.cors, settings.public_url) === null,
    ),
    step(
      'lifecycle',
      `Remove unfinished uploads from ${bucket} after 7 days`,
      'parts of uploads that nobody completed would be stored for ever',
      'the bucket’s lifecycle rules; rules of others are kept',
      wrangler('r2', 'bucket', 'lifecycle', 'set', bucket, '--file', FILES.lifecycle, '--force'),
      rules !== null && withLifecycle(rules.lifecycle) === null,
    ),
    ...QUEUES.map((queue) =>
      step(
        `queue ${queue}`,
        `Create the queue ${queue}`,
        'deployments and events wait in queues',
        'the account’s list of queues',
        wrangler('queues', 'create', queue),
        observed?.queues.includes(queue) === true,
      ),
    ),
  ];
}

/** Whether the free certificate of a zone covers the hosts of sites: it is for the zone and one level below. */
export const isCovered = (settings: DeploySettings, zone: Zone | null): boolean =>
  zone?.name === settings.sites_domain;

/** Whether requests for these records go through Cloudflare. */
export const isProxied = (records: readonly DnsState[]): boolean => records.some(({ proxied }) => proxied);

/** What leads to the sites. */
export function address(settings: DeploySettings, observed: Observed | null, step: MakeStep): Step[] {
  const host = `*.${settings.sites_domain}`;
  const zone = observed?.sitesZone ?? null;
  const zonePath = `/zones/${zone?.id ?? 'ZONE_ID'}`;
  const record = step(
    'wildcard record',
    `Create the DNS record ${host}`,
    'requests for sites reach Cloudflare by it, and there the Worker’s route',
    'the zone’s DNS records',
    { kind: 'api', path: `${zonePath}/dns_records`, body: { ...NOWHERE, name: host, proxied: true, ttl: 1 } },
    isProxied(observed?.wildcard.records ?? []),
  );
  if (!settings.order_certificate) return [record];
  const order = step(
    'certificate',
    `Order a certificate for ${host}`,
    'the zone’s free certificate is for one level below the zone only',
    'the zone’s certificates',
    {
      kind: 'api',
      path: `${zonePath}/ssl/certificate_packs/order`,
      body: {
        type: 'advanced',
        hosts: [settings.sites_domain, host],
        validation_method: 'txt',
        validity_days: 90,
        certificate_authority: 'lets_encrypt',
      },
    },
    isCovered(settings, zone) || observed?.wildcard.certificate != null,
  );
  return [record, order];
}

/** The Workers, and before them what they need. */
export function uploads(
  settings: DeploySettings,
  observed: Observed | null,
  local: Local,
  secrets: SecretsPlan,
  step: MakeStep,
): Step[] {
  const isUploaded = observed?.worker?.tag === local.tags.worker && secrets.upload.length === 0;
  const deployHost = wrangler('deploy', '--config', FILES.servers, '--tag', local.tags.servers);
  // Each of the two is bound to the other, and one of them has to be first.
  const isFirst = settings.servers && observed !== null && observed.servers === null;
  const deploy = wrangler(
    ...['deploy', '--config', FILES.worker],
    // Without the tag, the next run uploads it again, should this one end before the Worker is bound.
    ...(isFirst ? [] : ['--tag', local.tags.worker]),
    ...(secrets.upload.length > 0 ? ['--secrets-file', FILES.upload] : []),
  );
  return [
    step(
      'secrets',
      `Generate ${secrets.generate.join(' and ') || 'secrets'}`,
      'they authorize the operator and seal what is stored; the file is yours to keep, readable by you only',
      `the names of the Worker’s secrets, and ${FILES.secrets}`,
      { kind: 'own', what: `write ${FILES.secrets}` },
      secrets.generate.length === 0,
    ),
    ...usedDatabases(settings).map((database, number) => {
      const state = observed?.databases[number];
      const pending = pendingMigrations([...local.migrations], new Set(state?.applied ?? []));
      const binding = DATABASE_BINDINGS[number] ?? '';
      return step(
        number === 0 ? MIGRATIONS : `${MIGRATIONS} ${number}`,
        number === 0 ? migrationTitle(pending) : `${migrationTitle(pending)} to ${database}`,
        'the Worker needs its newest tables',
        'the database’s list of migrations',
        wrangler('d1', 'migrations', 'apply', binding, '--remote', '--config', FILES.worker),
        state != null && pending.length === 0,
      );
    }),
    step(
      'upload',
      `Upload the Worker ${settings.name}, with ${secrets.upload.join(', ') || 'its secrets unchanged'}`,
      isFirst
        ? 'the server host is bound to it, so it comes first, without its own binding'
        : 'it is the control plane',
      'the tag of the deployed version, and the names of its secrets',
      deploy,
      isUploaded,
    ),
    ...(settings.servers
      ? [
          step(
            'servers',
            `Upload the server host ${serversName(settings)}`,
            'it runs the servers of sites',
            'the tag of the deployed version',
            deployHost,
            observed?.servers?.tag === local.tags.servers,
          ),
        ]
      : []),
    ...(isFirst
      ? [
          step(
            'bind servers',
            `Upload the Worker ${settings.name} again, bound to the server host`,
            'the server host exists now',
            'the first step with this Worker',
            wrangler('deploy', '--config', FILES.worker, '--tag', local.tags.worker),
            false,
          ),
        ]
      : []),
  ];
}

/** The Pages project in front of the Worker. */
export function pages(
  settings: DeploySettings,
  observed: Observed | null,
  local: Local,
  step: MakeStep,
): Step[] {
  const { pages_project: project } = settings;
  const host = dashboardHost(settings);
  const target = `${project}.pages.dev`;
  const state = observed?.pages ?? null;
  const records = observed?.dashboardRecords ?? [];
  return [
    step(
      'pages project',
      `Create the Pages project ${project}`,
      'it serves the dashboard’s files, and passes everything else to the Worker',
      'the project by its name',
      wrangler('pages', 'project', 'create', project, '--production-branch', 'main'),
      state !== null,
    ),
    step(
      'pages upload',
      `Upload the dashboard to ${project}`,
      'its files belong to this version',
      'the commit message of the project’s newest deployment',
      wrangler(
        ...['pages', 'deploy', 'site', '--project-name', project, '--branch', 'main'],
        ...['--commit-message', local.tags.pages, '--commit-dirty=true', '--cwd', FILES.pages],
      ),
      state?.tag === local.tags.pages,
    ),
    step(
      'pages domain',
      `Attach ${host} to ${project}`,
      'it is the address of the instance',
      'the project’s list of domains',
      {
        kind: 'api',
        path: `/accounts/${settings.account_id}/pages/projects/${project}/domains`,
        body: { name: host },
      },
      state?.domains.includes(host) === true,
    ),
    step(
      'pages record',
      `Create the DNS record ${host}`,
      'it leads to the Pages project',
      'the zone’s DNS records',
      {
        kind: 'api',
        path: `/zones/${observed?.dashboardZone?.id ?? 'ZONE_ID'}/dns_records`,
        body: { type: 'CNAME', name: host, content: target, proxied: true, ttl: 1 },
      },
      records.some(({ content }) => content === target),
    ),
  ];
}

/** Names a few migrations, and counts many. */
function migrationTitle(pending: readonly string[]): string {
  if (pending.length === 0) return 'Migrate the database';
  if (pending.length <= 4) return `Migrate the database: ${pending.join(', ')}`;
  return `Migrate the database: ${pending.length} migrations, ${pending[0]} to ${pending.at(-1)}`;
}
