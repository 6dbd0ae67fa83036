/** Handing what there is to show of a deployment to the object of its repository. */
import { addressesOf, toDeployment } from '../deployment/record.ts';
import type { Env } from '../env.ts';
import { journal } from '../journal.ts';
import type { InstallationRecord } from '../metadata/github.ts';
import type { AppRecord, DeploymentRecord, Metadata } from '../metadata/metadata.ts';
import { deploymentOf } from '../objects/deployments.ts';
import { type ObjectStub, objectStub } from '../objects/stub.ts';
import { reportFacts } from './facts.ts';
import type { Annotation } from './host-client.ts';
import { type ReportObject, reportName } from './object.ts';
import { placesIn, withLocation } from './places.ts';

/** How many of the last lines of a log are searched for places of errors. */
const LINES = 500;

/** How many repositories are resumed at a time; the others go on by themselves within the hour. */
const MOST_RESUMED = 200;

/** The object of a team's repository. */
export const reportsOf = (
  env: Pick<Env, 'REPORTS'>,
  ownerId: string,
  repoKey: string,
): ObjectStub<ReportObject> =>
  objectStub(() => env.REPORTS.getByName(reportName(ownerId, repoKey)), {
    report: 'repeat',
    resume: 'repeat',
  });

/**
 * Reports how a deployment stands after its `seq`-th change to the Git host of its app, whose object sends it. Repeated
 * it changes nothing. Nothing is reported of uploads, and before the commit is known.
 */
export async function report(
  { env, metadata }: { env: Env; metadata: Metadata },
  record: DeploymentRecord,
  seq: number,
): Promise<void> {
  if (record.commitHash === null || record.uploadId !== null) return;
  const app = await metadata.apps.byId(record.appId);
  if (app === null || app.repoKey === null) return;
  const addresses = addressesOf(env);
  const annotations = record.status === 'failed' ? await annotationsOf(env, record, app) : [];
  const { publicUrl } = addresses;
  const reported = isPullRequestOf(app.repoKey, record) ? record : { ...record, pullRequest: null };
  const facts = reportFacts(reported, seq, toDeployment(record, addresses), { publicUrl, annotations });
  if (facts !== null) await reportsOf(env, app.ownerId, app.repoKey).report(facts);
}

/**
 * Whether a deployment's pull request, if it has one, is in this repository. The app may be built from another one by now,
 * where the number is somebody else's pull request.
 */
function isPullRequestOf(repoKey: string, { pullRequest }: DeploymentRecord): boolean {
  if (pullRequest === null) return true;
  const name = repoKey.split('/').slice(1).join('/');
  return new URL(pullRequest.url).pathname.toLowerCase().startsWith(`/${name}/`);
}

/** Ends the pauses of reports to the repositories of an installation, which may be used again or covers others. */
export async function resumeReports(
  { env, metadata }: { env: Env; metadata: Metadata },
  { ownerId, host, account }: Pick<InstallationRecord, 'ownerId' | 'host' | 'account'>,
): Promise<void> {
  if (ownerId === null) return;
  const place = `${host}/${account}/`.toLowerCase();
  const keys = new Set<string>();
  let cursor: string | undefined;
  do {
    const page = await metadata.apps.list(ownerId, {
      limit: 100,
      ...(cursor === undefined ? {} : { cursor }),
    });
    for (const { repoKey } of page.items) if (repoKey?.startsWith(place)) keys.add(repoKey);
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined && keys.size < MOST_RESUMED);
  await Promise.all([...keys].map((repoKey) => reportsOf(env, ownerId, repoKey).resume()));
}

/** The places of errors that the end of its log names, and that of its failure. */
async function annotationsOf(
  env: Env,
  { id, failure }: DeploymentRecord,
  { source }: AppRecord,
): Promise<Annotation[]> {
  try {
    const deployment = deploymentOf(env, id);
    const lastSeq = (await deployment.logs(0, 1))?.lastSeq ?? 0;
    const page = await deployment.logs(Math.max(0, lastSeq - LINES), LINES);
    const lines = (page?.items ?? []).map(({ text }) => text);
    return withLocation(placesIn(lines, source.rootDirectory), failure);
  } catch (error) {
    journal.error(`the log of deployment ${id} was not read for its report`, error);
    return withLocation([], failure);
  }
}
