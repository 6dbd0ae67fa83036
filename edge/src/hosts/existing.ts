/** Which hosts are this instance's, and whose they are. */
import { ObjectId, Slug } from '@appflux/protocol';
import type { Env } from '../env.ts';
import type { Metadata } from '../metadata/metadata.ts';
import { setting } from '../settings.ts';

/** A host that this instance answers. */
export interface ExistingHost {
  /** The team that it belongs to; null for the instance's own. */
  readonly ownerId: string | null;
}

/** Finds a host among those of one kind, by its name in lower case; null when it is none of them. */
type Finder = (host: string, parts: { env: Env; metadata: Metadata }) => Promise<ExistingHost | null>;

/** Every kind of host. Domains that teams bring along are one more. */
const FINDERS: readonly Finder[] = [dashboardHost, siteHost];

/** A host in lower case, without a port and the dot at its end. */
export const hostName = (text: string): string => text.toLowerCase().replace(/:\d+$/, '').replace(/\.$/, '');

/** The host, if this instance answers it; null for any other name. */
export async function existingHost(
  name: string,
  parts: { env: Env; metadata: Metadata },
): Promise<ExistingHost | null> {
  for (const find of FINDERS) {
    const found = await find(hostName(name), parts);
    if (found !== null) return found;
  }
  return null;
}

async function dashboardHost(host: string, { env }: { env: Env }): Promise<ExistingHost | null> {
  return host === hostName(new URL(setting(env, 'PUBLIC_URL')).host) ? { ownerId: null } : null;
}

/** `{slug}` and `{deploymentId}--{slug}` below SITES_DOMAIN: an app's site, and that of a deployment that succeeded. */
async function siteHost(
  host: string,
  { env, metadata }: { env: Env; metadata: Metadata },
): Promise<ExistingHost | null> {
  const domain = `.${hostName(env.SITES_DOMAIN)}`;
  if (!host.endsWith(domain)) return null;
  const label = host.slice(0, -domain.length);
  // A slug has no two hyphens after each other.
  const [first = '', second, ...more] = label.split('--');
  if (more.length > 0) return null;
  const slug = Slug.safeParse(second ?? first);
  if (!slug.success) return null;
  const app = await metadata.apps.bySlug(slug.data);
  if (app === null) return null;
  if (second === undefined) return { ownerId: app.ownerId };
  const id = ObjectId.safeParse(first);
  const deployment = id.success ? await metadata.deployments.byId(id.data) : null;
  if (deployment === null || deployment.appId !== app.id || deployment.status !== 'success') return null;
  return { ownerId: app.ownerId };
}
