/** The part of metadata's contract that host names are resolved by: what a site's request needs to know, in one query. */
import type { Environment, StateScope } from '@appflux/protocol';
import type {
  AppRecord,
  ArtifactRecord,
  DeploymentMarks,
  DeploymentRecord,
  KeptDeployment,
} from './records.ts';

/** What of an App its sites depend on. */
export type SiteApp = Pick<
  AppRecord,
  | 'id'
  | 'slug'
  | 'ownerId'
  | 'release'
  | 'previousRelease'
  | 'releasedAt'
  | 'access'
  | 'passwordHash'
  | 'spaFallback'
  | 'rewriteHosts'
  | 'serverRevision'
>;

/** What of a deployment its site's address depends on. */
export type SiteDeployment = Pick<
  KeptDeployment,
  'id' | 'status' | 'environment' | 'promotedAt' | 'artifactsRemovedAt'
> & {
  /** Its code is from a fork. */
  isUntrusted: boolean;
};

/** Whether the code of a deployment is from a fork. */
export const isUntrusted = ({
  isUntrusted,
  pullRequest,
}: Pick<DeploymentRecord, 'isUntrusted' | 'pullRequest'>): boolean =>
  isUntrusted === true || pullRequest?.fork === true;

/** The environment that counts for a deployment's access, versions and retention: a promoted preview is production. */
export const environmentOf = ({
  environment,
  promotedAt,
}: Pick<SiteDeployment, 'environment' | 'promotedAt'>): Environment =>
  promotedAt === null ? environment : 'production';

/** Whose variables and state the server of a deployment gets. What a team promotes is its production, whatever it was before. */
export function scopeOf(
  deployment: Pick<SiteDeployment, 'id' | 'environment' | 'promotedAt' | 'isUntrusted'>,
): StateScope {
  if (environmentOf(deployment) === 'production') return 'production';
  return deployment.isUntrusted ? `fork-${deployment.id}` : 'preview';
}

/** What of an App its sites depend on, of its record. */
export const siteAppOf = ({
  id,
  slug,
  ownerId,
  release,
  previousRelease,
  releasedAt,
  access,
  passwordHash,
  spaFallback,
  rewriteHosts,
  serverRevision,
}: AppRecord): SiteApp => ({
  id,
  slug,
  ownerId,
  release,
  previousRelease,
  releasedAt,
  access,
  passwordHash,
  spaFallback,
  rewriteHosts,
  serverRevision,
});

/**
 * Whether a deployment is a site that can be opened. Deployments of earlier versions say nothing about it: theirs is a ZIP
 * that was marked as having an index.html.
 */
export const isSite = ({
  status,
  site,
  artifacts,
  artifactsRemovedAt = null,
}: Pick<DeploymentRecord, 'status' | 'site' | 'artifacts'> & Partial<DeploymentMarks>): boolean =>
  status === 'success' && artifactsRemovedAt === null && (site !== null || artifacts.some(isSiteZip));

/** Whether an artifact is a site as earlier versions delivered it. */
export const isSiteZip = ({ contentType, meta }: Pick<ArtifactRecord, 'contentType' | 'meta'>): boolean =>
  contentType === 'application/zip' && meta.entry === 'index.html';

/** The newest success of a branch, by the label of its host name. */
export interface SiteAlias {
  label: string;
  appId: string;
  branch: string;
  deploymentId: string;
  /** When the deployment was created, ISO 8601. */
  createdAt: string;
}

export interface SiteStore {
  /** The App of that slug. */
  bySlug(slug: string): Promise<SiteApp | null>;
  /** A deployment and its App, as far as metadata knows it. */
  byDeployment(id: string): Promise<{ app: SiteApp; deployment: SiteDeployment } | null>;
  /** The deployment that a branch's label stands for, and its App. */
  byLabel(label: string): Promise<{ app: SiteApp; deployment: SiteDeployment } | null>;
  /** Which of these deployments (100 at most) are sites that can be opened, as `isSite` says. */
  published(deploymentIds: readonly string[]): Promise<string[]>;
  /**
   * Points a branch's label at a deployment, unless it points at a newer one of the same App. Of an App that is not there
   * nothing is kept.
   */
  point(alias: SiteAlias): Promise<void>;
  /** Takes a branch's label away from an app, unless its deployment was created after `createdBefore` (ISO 8601). */
  unpoint(alias: { label: string; appId: string; createdBefore: string }): Promise<boolean>;
}
