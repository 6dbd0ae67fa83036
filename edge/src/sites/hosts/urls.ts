/** The URLs of a deployment's site, for the record that the API shows. */
import type { DeploymentMarks, DeploymentRecord } from '../../metadata/metadata.ts';
import { isSite } from '../../metadata/sites.ts';
import { branchLabel, deploymentLabel } from './labels.ts';

/**
 * The URLs of a deployment's site and of its branch's; empty if it is no site. `siteUrl` gives the URL for a label, or null
 * if the instance has no domain for sites.
 */
export function siteUrls(
  record: DeploymentRecord & Partial<DeploymentMarks>,
  siteUrl: (label: string) => string | null,
): { site?: string; branch?: string } {
  const { id, branch, app } = record;
  const site = isSite(record) ? siteUrl(deploymentLabel(id, app.slug)) : null;
  if (site === null) return {};
  // Deployments of earlier versions were projected before branches had addresses.
  const ofBranch = branch === null || record.site === null ? null : siteUrl(branchLabel(branch, app.slug));
  return ofBranch === null ? { site } : { site, branch: ofBranch };
}
