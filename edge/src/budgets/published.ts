/** Reads the sizes of what a deployment publishes. */
import { siteFile } from '@appflux/protocol';
import type { Env } from '../env.ts';
import type { ArtifactRecord, KeptDeployment } from '../metadata/metadata.ts';
import { isSiteZip } from '../metadata/sites.ts';
import { siteManifest } from '../sites/store/manifest.ts';
import type { Published, PublishedFile } from './check.ts';

/** The header and trailer of gzip (RFC 1952 §2.3), which a stored file in raw DEFLATE lacks. */
const GZIP_FRAME_BYTES = 18;

type Delivered = Pick<KeptDeployment, 'id' | 'appId'> & { readonly artifacts: readonly ArtifactRecord[] };

/**
 * The sizes of what a deployment delivered. Reads the manifest of its site, and nothing else.
 * @throws AppFluxError like `siteManifest`
 */
export async function publishedBy(env: Env, { id, appId, artifacts }: Delivered): Promise<Published> {
  const hasSite = artifacts.some(isOfSite);
  const manifest = hasSite ? await siteManifest(env, { id, appId }) : null;
  return {
    site: (manifest?.files ?? []).map(siteFile).map(({ path, size, length, method }) => ({
      name: path,
      size,
      gzip: method === 'deflate' ? length + GZIP_FRAME_BYTES : size,
    })),
    artifacts: artifacts.filter((artifact) => manifest === null || !isOfSite(artifact)).map(asFile),
  };
}

/** Whether an artifact is the ZIP of a publication, whose files are counted in its place. */
const isOfSite = (artifact: ArtifactRecord): boolean =>
  artifact.manifestSha256 !== undefined || isSiteZip(artifact);

const asFile = ({ name, size }: ArtifactRecord): PublishedFile => ({ name, size, gzip: size });
