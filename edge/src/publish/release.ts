/** What an App's public page tells of: its release, and the versions before it. */
import { type AppType, ObjectId, type ReleaseDetails, Slug } from '@appflux/protocol';
import { NO_DETAILS } from '../metadata/details.ts';
import type {
  AppRecord,
  ArtifactRecord,
  DeploymentRecord,
  KeptDeployment,
  Metadata,
} from '../metadata/metadata.ts';
import { cursorOf, placeOf } from '../metadata/paging.ts';
import { environmentOf } from '../metadata/sites.ts';

/** How many earlier versions a page lists. */
const EARLIER_VERSIONS = 10;

/** The app with that slug, and its release if it has one; null when there is no such app. */
export async function publishedApp(
  metadata: Metadata,
  slug: string,
): Promise<{ app: AppRecord; release: DeploymentRecord | null } | null> {
  const app = await appNamed(metadata, slug);
  if (app === null) return null;
  const release = app.release === null ? null : await metadata.deployments.byId(app.release);
  return { app, release: shownRelease(app, release) };
}

/** The same with what its release's page shows besides, which is read at the same time. */
export async function publishedDetails(
  metadata: Metadata,
  slug: string,
): Promise<{ app: AppRecord; release: DeploymentRecord | null; details: ReleaseDetails } | null> {
  const app = await appNamed(metadata, slug);
  if (app === null) return null;
  if (app.release === null) return { app, release: null, details: NO_DETAILS };
  const [release, details] = await Promise.all([
    metadata.deployments.byId(app.release),
    metadata.details.of(app.release),
  ]);
  return { app, release: shownRelease(app, release), details };
}

const appNamed = async ({ apps }: Metadata, slug: string): Promise<AppRecord | null> =>
  Slug.safeParse(slug).success ? apps.bySlug(slug) : null;

/** What a page may show of an app's release; null if it isn't one. */
function shownRelease(app: AppRecord, release: KeptDeployment | null): DeploymentRecord | null {
  // The pointer and the record are written at different moments: a page never shows a half of the two.
  const whole = release?.status === 'success' && release.appId === app.id;
  if (!whole) return null;
  // A release keeps its artifacts; should somebody have removed them by other ways, the page offers none.
  return release.artifactsRemovedAt === null ? release : { ...release, artifacts: [] };
}

/** A version of an app whose files can be had: a successful production deployment; null for any other id. */
export async function publishedVersion(
  metadata: Metadata,
  app: AppRecord,
  deploymentId: string,
): Promise<DeploymentRecord | null> {
  if (!ObjectId.safeParse(deploymentId).success) return null;
  const found = await metadata.deployments.byId(deploymentId);
  const canBeHad =
    found?.appId === app.id &&
    found.status === 'success' &&
    environmentOf(found) === 'production' &&
    found.artifactsRemovedAt === null;
  return canBeHad ? found : null;
}

/** Successful production deployments older than the release whose artifacts can be had, newest first. */
export async function earlierVersions(
  metadata: Metadata,
  release: DeploymentRecord,
): Promise<DeploymentRecord[]> {
  const { ownerId, appId } = release;
  const page = await metadata.deployments.list(
    { ownerId, appId, status: 'success' },
    { limit: 100, cursor: cursorOf(placeOf(release)) },
  );
  return page.items
    .filter((found) => environmentOf(found) === 'production' && found.artifactsRemovedAt === null)
    .slice(0, EARLIER_VERSIONS);
}

/** Whether a file is the archive of a site, which visitors open rather than download. */
export const isSiteArchive = ({ contentType, meta }: ArtifactRecord): boolean =>
  contentType === 'application/zip' && meta.entry === 'index.html';

/** What kind of thing an app is: what a person said, else what its newest release was built as. */
export function typeOf({ type, detectedType }: Pick<AppRecord, 'type' | 'detectedType'>): AppType | null {
  return type ?? detectedType;
}

/** When a version came out: when its deployment ended. */
export const releasedAt = ({ finishedAt, createdAt }: DeploymentRecord): string => finishedAt ?? createdAt;

/** What a person calls a deployment: its version, else its commit, else its day. */
export function versionOf(deployment: DeploymentRecord): string {
  const { version, commitHash } = deployment;
  if (version !== null && version.trim() !== '') return version;
  if (commitHash !== null) return commitHash.slice(0, 7);
  return releasedAt(deployment).slice(0, 10);
}
