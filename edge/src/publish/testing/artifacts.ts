/** For tests: artifacts that are on record and not in storage. */
import type { ArtifactRecord, DeploymentRecord } from '../../metadata/metadata.ts';

/** An artifact of this name that says this of itself. */
export const artifactNamed = (name: string, meta: ArtifactRecord['meta'] = {}): ArtifactRecord => ({
  name,
  key: `apps/x/y/1/${name}`,
  sha256: 'a'.repeat(64),
  size: 5,
  contentType: 'application/octet-stream',
  meta,
});

/** Artifacts of these names. */
export const artifactsNamed = (...names: string[]): Pick<DeploymentRecord, 'artifacts'> => ({
  artifacts: names.map((name) => artifactNamed(name)),
});
