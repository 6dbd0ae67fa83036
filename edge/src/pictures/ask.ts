/** Asks for the picture of a site once it is published. Nothing waits for it. */
import type { Env } from '../env.ts';
import { journal } from '../journal.ts';
import type { DeploymentRecord, Metadata } from '../metadata/metadata.ts';
import { isSite } from '../metadata/sites.ts';
import { poolOf } from '../pools/team-pool.ts';
import { siteUrl } from '../sites/hosts/domain.ts';
import { deploymentLabel } from '../sites/hosts/labels.ts';

/** Asks the team's pool for a picture of a deployment, unless it has one or publishes no site. Never throws. */
export async function askForPicture(record: DeploymentRecord, env: Env, metadata: Metadata): Promise<void> {
  const { id, appId, ownerId, app } = record;
  if (!isSite({ ...record, site: record.site ?? null })) return;
  const url = siteUrl(env, deploymentLabel(id, app.slug));
  if (url === null) return;
  try {
    if ((await metadata.deployments.pictures([id])).has(id)) return;
    await poolOf(env, ownerId).picture({ deploymentId: id, appId, url: `${url}/` });
  } catch (error) {
    // The deployment is as good without it; its next event asks again.
    journal.error(`asking for a picture of deployment ${id} failed`, error);
  }
}
