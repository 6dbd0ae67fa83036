import type { ClientPart } from '@appflux/client';
import type { Access, App, Deployment } from '@appflux/protocol';
import { isPreview } from '#lib/release/release-kind.ts';

type Calls = ClientPart<{ deployments: 'createLink' }>;

/** How long a download may take to begin, in seconds. */
const DOWNLOAD_SECONDS = 300;

/** How long a link that is copied for others is valid, in seconds. */
const SHARED_SECONDS = 24 * 3600;

/** Who may download the files of a deployment; a promoted preview counts as production. */
export const accessOf = (deployment: Deployment, { access }: Pick<App, 'access'>): Access =>
  isPreview(deployment) ? access.previews : access.production;

/** Signed links to the artifacts of a deployment that isn't public. */
export const artifactLinks = (deploymentId: string, { deployments }: Calls) => ({
  /** The URL of a download that begins now. Throws an AppFluxError. */
  toDownload: async (name: string): Promise<string> =>
    (await deployments.createLink(deploymentId, { name, expiresInSeconds: DOWNLOAD_SECONDS })).url,
  /** A URL to give to others, valid for a day. Throws an AppFluxError. */
  toShare: async (name: string): Promise<string> =>
    (await deployments.createLink(deploymentId, { name, expiresInSeconds: SHARED_SECONDS })).url,
});
export type ArtifactLinks = ReturnType<typeof artifactLinks>;
