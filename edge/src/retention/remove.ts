/** Removing parts of a deployment, so that nobody is promised what is gone and nothing is left lying in storage. */

import type { Env } from '../env.ts';
import type { DeploymentContent, DeploymentPart, Metadata } from '../metadata/metadata.ts';
import { deploymentOf } from '../objects/deployments.ts';
import { sitesOf } from '../objects/sites.ts';
import { deploymentPrefix, logKey } from '../storage/keys.ts';
import type { ObjectStore } from '../storage/storage.ts';

export interface Parts {
  env: Env;
  metadata: Metadata;
  objects: ObjectStore;
}

/**
 * Removes these parts, and gives those that were; a deployment that was pinned or released meanwhile keeps them. The
 * marks come first: from then on they are said to be gone. When storage does not answer after that it throws, and
 * `clearLeftovers` goes on.
 */
export async function removeParts(
  deployment: DeploymentContent,
  wanted: readonly DeploymentPart[],
  parts: Parts,
  at: string,
): Promise<DeploymentPart[]> {
  const { apps, deployments } = parts.metadata;
  const { id, appId } = deployment;
  const marked: DeploymentPart[] = [];
  for (const part of wanted) if (await deployments.markRemoved(id, part, at)) marked.push(part);
  if (marked.length === 0) return [];
  // Who releases it looks at the marks after setting the release: of the two at the same time, one notices.
  const app = await apps.byId(appId);
  if (app?.release === id || app?.previousRelease === id) {
    for (const part of marked) await deployments.unmarkRemoved(id, part);
    return [];
  }
  await clearLeftovers(
    {
      ...deployment,
      artifactsRemovedAt: marked.includes('artifacts') ? at : deployment.artifactsRemovedAt,
      logRemovedAt: marked.includes('log') ? at : deployment.logRemovedAt,
    },
    parts,
  );
  return marked;
}

/** Removes from storage, and from the deployment's object, what is marked as removed. Done again it changes nothing. */
export async function clearLeftovers(
  { id, appId, artifactsRemovedAt, logRemovedAt }: DeploymentContent,
  { env, metadata, objects }: Parts,
): Promise<void> {
  const log = logKey(appId, id);
  if (artifactsRemovedAt !== null) {
    await sitesOf(env, appId).remove(id);
    await removeAllBut(log, deploymentPrefix(appId, id), objects);
  }
  if (logRemovedAt !== null) {
    // The object first: it is who could bring the log back.
    await deploymentOf(env, id).forgetLog();
    await objects.delete([log]);
  }
  await metadata.deployments.markCleared(id);
}

async function removeAllBut(kept: string, prefix: string, objects: ObjectStore): Promise<void> {
  let cursor: string | undefined;
  do {
    const page = await objects.list(prefix, cursor);
    const keys = page.keys.filter((key) => key !== kept);
    if (keys.length > 0) await objects.delete(keys);
    cursor = page.cursor ?? undefined;
  } while (cursor !== undefined);
}
