import type { Deployment } from '@appflux/protocol';
import { isPreview } from '#lib/release/release-kind.ts';

/** A page that shows what a deployment has published, and what the link to it is called. */
export interface OpenTarget {
  href: string;
  label: 'Open' | 'Download page';
}

/**
 * Where a deployment can be opened: its own site, else the app’s download page; null if there is nothing to see, as for
 * previews without a site, which the download page doesn't have.
 */
export function openTarget(deployment: Deployment): OpenTarget | null {
  const { status, artifactsRemovedAt, urls } = deployment;
  if (status !== 'success' || artifactsRemovedAt !== null) return null;
  if (urls.site !== undefined) return { href: urls.site, label: 'Open' };
  if (urls.page === undefined || isPreview(deployment)) return null;
  return { href: urls.page, label: 'Download page' };
}
