/** Which site a host name is: one query of metadata at most, and none for a second after it. */
import { type Environment, ObjectId, Slug, type StateScope } from '@appflux/protocol';
import type { Env } from '../../env.ts';
import { metadataOf } from '../../metadata/index.ts';
import type { Metadata } from '../../metadata/metadata.ts';
import { environmentOf, type SiteApp, type SiteDeployment, scopeOf } from '../../metadata/sites.ts';
import { dashboardHost, hostName, isPublicName, isWithin, sitesDomain } from './domain.ts';
import { appLabel, deploymentLabel, parseLabel } from './labels.ts';

/** A site, as a request for its host needs it. */
export interface ResolvedSite {
  app: Omit<SiteApp, 'release' | 'previousRelease'>;
  kind: 'release' | 'deployment' | 'branch';
  /** The deployment that the host stands for; null while the App has no release. */
  deploymentId: string | null;
  /** Of a release: the one that it replaced within the last day. Open pages still ask for its files. */
  previous: string | null;
  /** A promoted preview is production. */
  environment: Environment;
  /** Whose variables and state its server gets. */
  scope: StateScope;
  /** Its files were removed, by retention for example. */
  isRemoved: boolean;
  /** The host that visitors are sent to instead. */
  canonicalHost?: string;
}

/** `unknown`: a host for sites that has none. `foreign`: no host for sites. */
export type Resolution = ResolvedSite | 'unknown' | 'foreign';

/** How long the files of the release before are served, in milliseconds. */
const PREVIOUS_FOR_MS = 24 * 60 * 60 * 1000;

/** How long an isolate relies on what it has read, in milliseconds. */
const FRESH_FOR_MS = 1000;

/** How many hosts an isolate remembers. */
const MOST_HOSTS = 2000;

/** What was read for a host. */
type Found = {
  app: SiteApp;
  deployment: SiteDeployment | null;
  kind: ResolvedSite['kind'];
  /** The host that visitors are sent to instead. */
  redirectTo?: string | null;
} | null;

/** By what was asked for: `label:…` below the domain of sites, `domain:…`, or `deployment:…`. Labels may have dots, too. */
const remembered = new Map<string, { found: Found; readAt: number }>();

/** Counts what was forgotten, so that an answer that was on its way meanwhile isn't remembered. */
let forgotten = 0;

/** Forgets what is known of an App's hosts, and of hosts that had no site. Call it when a pointer, access or domain changes. */
export function forgetSite(appId: string): void {
  forgotten += 1;
  for (const [host, { found }] of remembered)
    if (found === null || found.app.id === appId) remembered.delete(host);
}

/**
 * The site that a host stands for. `host` is a request's host name, in any case, with or without a port and a final dot.
 * Throws AppFluxError `unavailable` when metadata doesn't respond.
 */
export async function resolveSite(
  host: string,
  { env, metadata = metadataOf(env) }: { env: Env; metadata?: Metadata },
): Promise<Resolution> {
  const name = hostName(host);
  if (name === dashboardHost(env)) return 'foreign';
  const domain = sitesDomain(env);
  if (domain === null) return 'foreign';
  if (!isWithin(name, domain)) return customDomain(name, metadata);
  if (name === domain) return 'unknown';
  const found = await findLabel(name.slice(0, -domain.length - 1), metadata);
  return found === null ? 'unknown' : resolved(found, Date.now());
}

/** The site of a custom domain. Names that can't be one are not asked for: requests by an address would cost a query. */
async function customDomain(name: string, metadata: Metadata): Promise<Resolution> {
  if (!isPublicName(name)) return 'foreign';
  const found = await find(`domain:${name}`, () => readDomain(name, metadata));
  return found === null ? 'foreign' : resolved(found, Date.now());
}

async function readDomain(host: string, { domains }: Metadata): Promise<Found> {
  const found = await domains.active(host);
  return found && { ...found, deployment: null, kind: 'release' };
}

const findLabel = (label: string, metadata: Metadata): Promise<Found> =>
  find(`label:${label}`, () => read(label, metadata));

/** What was read under a key within the last second, else what `look` reads. */
async function find(key: string, look: () => Promise<Found>, keepsNone = true): Promise<Found> {
  const known = remembered.get(key);
  if (known !== undefined && Math.abs(Date.now() - known.readAt) < FRESH_FOR_MS) return known.found;
  const before = forgotten;
  const found = await look();
  if (forgotten === before && (found !== null || keepsNone)) remember(key, found);
  return found;
}

function remember(key: string, found: Found): void {
  remembered.delete(key);
  remembered.set(key, { found, readAt: Date.now() });
  const [oldest] = remembered.keys();
  if (remembered.size > MOST_HOSTS && oldest !== undefined) remembered.delete(oldest);
}

async function read(label: string, { sites }: Metadata): Promise<Found> {
  const asked = parseLabel(label);
  switch (asked?.kind) {
    case undefined:
      return null;
    case 'release': {
      const app = await sites.bySlug(asked.slug);
      return app && { app, deployment: null, kind: 'release' };
    }
    case 'deployment': {
      const site = await sites.byDeployment(asked.deploymentId);
      if (site === null || site.deployment.status !== 'success') return null;
      const isItsLabel = deploymentLabel(asked.deploymentId, site.app.slug) === label;
      return isItsLabel ? { ...site, kind: 'deployment' } : null;
    }
    case 'branch': {
      const site = await sites.byLabel(label);
      return site && { ...site, kind: 'branch' };
    }
  }
}

/** The App of a slug, for its pages on the dashboard's host; null if there is none. Remembered like hosts. */
export async function appOfSlug(slug: string, metadata: Metadata): Promise<SiteApp | null> {
  if (!Slug.safeParse(slug).success) return null;
  // An app that isn't there yet may be there, and private, a moment later.
  return (await find(`slug:${slug}`, () => read(appLabel(slug), metadata), false))?.app ?? null;
}

/** A deployment, in whatever state, and its App, for its files on the dashboard's host; null if there is none. */
export async function appOfDeployment(
  id: string,
  metadata: Metadata,
): Promise<{ app: SiteApp; environment: Environment } | null> {
  if (!ObjectId.safeParse(id).success) return null;
  const look = async (): Promise<Found> => {
    const site = await metadata.sites.byDeployment(id);
    return site && { ...site, kind: 'deployment' };
  };
  // A deployment that isn't there yet may be there, and private, a moment later.
  const found = await find(`deployment:${id}`, look, false);
  return found?.deployment ? { app: found.app, environment: environmentOf(found.deployment) } : null;
}

/** What a request gets to know of a site at `now` (Unix milliseconds). Pure. */
export function resolved(
  { app, deployment, kind, redirectTo = null }: NonNullable<Found>,
  now: number,
): ResolvedSite {
  const { release, previousRelease, ...rest } = app;
  if (deployment === null) {
    const isRecent = app.releasedAt !== null && now - Date.parse(app.releasedAt) < PREVIOUS_FOR_MS;
    return {
      app: rest,
      kind,
      deploymentId: release,
      previous: isRecent ? previousRelease : null,
      environment: 'production',
      scope: 'production',
      ...(redirectTo === null ? {} : { canonicalHost: redirectTo }),
      // Retention keeps what is released.
      isRemoved: false,
    };
  }
  return {
    app: rest,
    kind,
    deploymentId: deployment.id,
    previous: null,
    environment: environmentOf(deployment),
    scope: scopeOf(deployment),
    isRemoved: deployment.artifactsRemovedAt !== null,
  };
}
