/** Brings what has happened to a deployment to everyone who is to know of it. */
import type { Unconfirmed } from '../deployment/answers.ts';
import type { Env } from '../env.ts';
import { metadataOf } from '../metadata/index.ts';
import type { DeploymentRecord, Metadata } from '../metadata/metadata.ts';
import { isSite } from '../metadata/sites.ts';
import { announce } from '../notify/announce.ts';
import { runtimeOf } from '../objects/runtime.ts';
import { askForPicture } from '../pictures/ask.ts';
import { report } from '../reports/report.ts';
import { branchLabel } from '../sites/hosts/labels.ts';
import { forgetSite } from '../sites/hosts/resolve.ts';
import { recordSuccess } from '../sites/updates/expo/record.ts';

/**
 * Writes how a deployment stands into metadata, and tells its sites, its team's hooks and its Git host. Repeated it changes
 * nothing. Gives false, and tells nobody, when its App is gone. Throws when one of them doesn't take it.
 */
export async function deliverNews(
  { record, seq, details, cancelReason }: Unconfirmed,
  env: Env,
): Promise<boolean> {
  const metadata = metadataOf(env);
  const { apps, deployments } = metadata;
  const isKept = (await deployments.project(record, seq)) || (await apps.byId(record.appId)) !== null;
  if (!isKept) return false;
  if (details !== null) await metadata.details.keep(record.id, details);
  await pointSites(record, metadata);
  if (record.status === 'success' && record.site?.kind === 'server')
    await runtimeOf(env, record.appId).refreshCrons();
  await recordSuccess(record, metadata);
  await announce({ env, metadata }, record, cancelReason);
  await report({ env, metadata }, record, seq);
  await askForPicture(record, env, metadata);
  return true;
}

/** Moves the address of a branch to its newest site. A success may have moved the App's release, too. */
async function pointSites(record: DeploymentRecord, metadata: Metadata): Promise<void> {
  const { id, appId, app, branch, createdAt, status } = record;
  if (status !== 'success') return;
  if (branch !== null && isSite({ ...record, site: record.site ?? null })) {
    const label = branchLabel(branch, app.slug);
    await metadata.sites.point({ label, appId, branch, deploymentId: id, createdAt });
  }
  forgetSite(appId);
}
