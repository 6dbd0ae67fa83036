import type { App, Deployment } from '@appflux/protocol';
import { dayOf } from '#lib/format/date.ts';
import { shortCommit } from '../deployment/status.ts';

/** How a deployment can go live: as the newer one, or again after newer ones. */
export type ReleaseKind = 'promote' | 'rollBack';

/** What a release moves: the app’s public URL, from one deployment to another. */
export interface Releasable {
  app: App;
  /** The current release; null if there is none, or it isn't loaded. */
  current: Deployment | null;
}

/** Whether it is a preview that was never promoted. */
export const isPreview = ({ environment, promotedAt }: Pick<Deployment, 'environment' | 'promotedAt'>) =>
  environment === 'preview' && promotedAt === null;

/** How `deployment` can go live; null if it is live, or can't. */
export function releaseKind(deployment: Deployment, { app, current }: Releasable): ReleaseKind | null {
  const { id, status, artifactsRemovedAt, createdAt } = deployment;
  if (status !== 'success' || artifactsRemovedAt !== null || id === app.release) return null;
  const isOlder = current !== null && Date.parse(createdAt) < Date.parse(current.createdAt);
  return isOlder && !isPreview(deployment) ? 'rollBack' : 'promote';
}

/** The label of the action. */
export const RELEASE_LABEL: Readonly<Record<ReleaseKind, string>> = {
  promote: 'Promote to production',
  rollBack: 'Roll back to this',
};

/** What tells a deployment from others: its version, commit and day. */
export function identifiers({ version, commitHash, finishedAt, createdAt }: Deployment): string {
  const parts = [
    version === null ? null : `Version ${version}`,
    commitHash === null ? null : shortCommit(commitHash),
    dayOf(finishedAt ?? createdAt),
  ];
  return parts.filter((part) => part !== null).join(' · ');
}

/** What a release changes, in sentences: first what visitors get, then what follows from it. */
export function consequences(to: Deployment, { app }: Releasable): string[] {
  const automatic = app.autoRelease && !app.releaseLocked;
  return [
    visitorsGet(to, app),
    ...(isPreview(to) ? ['From then on, it counts as production for access and retention.'] : []),
    automatic
      ? 'The next successful production deployment goes live again, unless you lock the release.'
      : 'It stays live until you promote another deployment.',
  ];
}

function visitorsGet({ urls, artifacts }: Deployment, app: App): string {
  const host = new URL(app.urls.site ?? app.urls.page).host;
  if (urls.site !== undefined) {
    return app.urls.site === undefined
      ? 'The app’s URL shows this site. Nothing is rebuilt.'
      : `Visitors of ${host} get it with the next page they open. Nothing is rebuilt.`;
  }
  const files = artifacts.length === 1 ? 'its file' : `its ${artifacts.length} files`;
  const offered = `The download page and the update feeds offer ${files}. Nothing is rebuilt.`;
  return app.urls.site === undefined ? offered : `${offered} It has no site: ${host} stops working.`;
}
