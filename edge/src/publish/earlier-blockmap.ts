/** The blockmap of an earlier version, for electron-updater's differential downloads. */
import type { DeploymentRecord, Metadata } from '../metadata/metadata.ts';
import { earlierVersions } from './release.ts';

/**
 * The earlier deployment that delivered a blockmap of this name; null if none did. electron-updater looks for it beside
 * the new file, because it derives its address from that one by replacing the version.
 */
export async function earlierBlockmap(
  metadata: Metadata,
  deployment: DeploymentRecord,
  name: string,
): Promise<string | null> {
  if (!name.endsWith('.blockmap')) return null;
  const earlier = await earlierVersions(metadata, deployment);
  return earlier.find(({ artifacts }) => artifacts.some((artifact) => artifact.name === name))?.id ?? null;
}
