/** Which hosts are this instance's, and whose they are. */
import type { Env } from '../env.ts';
import type { Metadata } from '../metadata/metadata.ts';
import { dashboardHost, hostName } from '../sites/hosts/domain.ts';
import { resolveSite } from '../sites/hosts/resolve.ts';

/** A host that this instance answers. */
export interface ExistingHost {
  /** The team that it belongs to; null for the instance's own. */
  readonly ownerId: string | null;
}

/** The host, if this instance answers it; null for any other name. */
export async function existingHost(
  name: string,
  parts: { env: Env; metadata: Metadata },
): Promise<ExistingHost | null> {
  if (hostName(name) === dashboardHost(parts.env)) return { ownerId: null };
  const site = await resolveSite(name, parts);
  return typeof site === 'string' ? null : { ownerId: site.app.ownerId };
}
