/** Why a deploy can't begin. Pure. */
import { unknownMigrations } from '../edge/migrations.ts';
import type { Observed, Zone } from './observe.ts';
import { type DeploySettings, dashboardHost, databaseNames, SETTINGS_FILE } from './settings.ts';
import type { Local } from './step.ts';
import { isCovered, isProxied } from './steps.ts';

/** What a Worker may have in gzip. Source: https://developers.cloudflare.com/workers/platform/limits/#worker-size */
const WORKER_BYTES = { free: 3 * 1024 ** 2, paid: 10 * 1024 ** 2 } as const;

/** What in the account has to change first. */
export function accountProblems(settings: DeploySettings, observed: Observed, local: Local): string[] {
  const { dashboardZone, sitesZone, wildcard, databases } = observed;
  const host = `*.${settings.sites_domain}`;
  const problems = [
    ...zoneProblems('public_url', dashboardHost(settings), dashboardZone),
    ...zoneProblems('sites_domain', settings.sites_domain, sitesZone),
  ];
  if (wildcard.records.length > 0 && !isProxied(wildcard.records)) {
    problems.push(
      `the DNS record ${host} is not proxied, so its requests don’t reach the Worker: switch its proxy on, or delete it`,
    );
  }
  if (
    sitesZone !== null &&
    !isCovered(settings, sitesZone) &&
    wildcard.certificate === null &&
    !settings.order_certificate
  ) {
    problems.push(
      `no certificate is for ${host}: the free one of ${sitesZone.name} is for one level below it. Use a zone of its own ` +
        `as sites_domain, or order an advanced certificate: order_certificate = true in ${SETTINGS_FILE}, which costs money`,
    );
  }
  problems.push(...hostProblems(settings, observed));
  const applied = databases.flatMap((database) => database?.applied ?? []);
  const unknown = unknownMigrations([...local.migrations], new Set(applied));
  if (unknown.length > 0) {
    problems.push(
      `a newer version of AppFlux has migrated the database: this version does not know ${unknown.join(', ')}`,
    );
  }
  const leftOut = databaseNames(settings).filter(
    (_, number) => number >= settings.metadata_databases && databases[number] != null,
  );
  if (leftOut.length > 0) {
    const least = databases.findLastIndex((database) => database !== null) + 1;
    problems.push(
      `metadata_databases = ${settings.metadata_databases} leaves out ${leftOut.join(', ')}, and the teams in it: ` +
        `set it to ${least} or more, or delete the database if it is not AppFlux’s`,
    );
  }
  return problems;
}

/** Whether the instance's host belongs to something else. Wrangler would replace it without asking. */
function hostProblems(settings: DeploySettings, { domainOf, dashboardRecords }: Observed): string[] {
  const host = dashboardHost(settings);
  const isOurs = settings.dashboard === 'assets' && domainOf === settings.name;
  if (isOurs) return [];
  if (domainOf !== null) {
    return [
      `${host} is a custom domain of the Worker ${domainOf}: detach it there, or use another public_url`,
    ];
  }
  const ours = settings.dashboard === 'pages' ? `${settings.pages_project}.pages.dev` : null;
  const others = dashboardRecords.filter(({ content }) => content !== ours);
  if (others.length === 0) return [];
  const list = others.map(({ type, content }) => `${type} ${content}`).join(', ');
  return [`${host} has a DNS record already (${list}): delete it, or use another public_url`];
}

function zoneProblems(setting: string, host: string, zone: Zone | null): string[] {
  if (zone === null) {
    return [
      `the account has no zone for ${host} (${setting}): add the domain to the account, or let the token read this zone`,
    ];
  }
  if (zone.status === 'active') return [];
  return [
    `the zone ${zone.name} is ${zone.status}: set the name servers at its registrar to those that Cloudflare shows`,
  ];
}

/** Whether the Worker may be too large for the plan. The limits were raised before, so Cloudflare decides. */
export function sizeWarnings({ plan }: DeploySettings, { workerBytes }: Local): string[] {
  const limit = WORKER_BYTES[plan];
  if (workerBytes <= limit) return [];
  return [`The Worker has ${workerBytes} bytes in gzip; the ${plan} plan allowed ${limit} so far.`];
}

/** What isn't in the way, but should be known. */
export function warningsOf(settings: DeploySettings, observed: Observed | null): string[] {
  const state = observed?.wildcard.certificate ?? null;
  if (observed === null || isCovered(settings, observed.sitesZone) || state === null || state === 'active')
    return [];
  return [`The certificate of *.${settings.sites_domain} is ${state}: sites work once it is active.`];
}
