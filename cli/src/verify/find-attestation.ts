/** Finds the deployment that has delivered a file, by the file's SHA-256. */
import { type Client, eachItem } from '@appflux/client';
import type { Deployment } from '@appflux/protocol';

/** How many successful deployments are looked at, newest first. */
export const MOST_DEPLOYMENTS = 2000;

/** The newest successful deployment with a file of this SHA-256, of one app or of all; null if there is none. */
export async function deliveredBy(
  client: { deployments: Pick<Client['deployments'], 'list' | 'listOf'> },
  sha256: string,
  app: string | null,
): Promise<Deployment | null> {
  const page = (query: { limit?: number; cursor?: string }) =>
    app === null
      ? client.deployments.list({ ...query, status: 'success' })
      : client.deployments.listOf(app, { ...query, status: 'success' });
  let looked = 0;
  for await (const deployment of eachItem(page)) {
    if (deployment.artifacts.some((artifact) => artifact.sha256 === sha256)) return deployment;
    looked += 1;
    if (looked >= MOST_DEPLOYMENTS) return null;
  }
  return null;
}
