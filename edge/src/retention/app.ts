/** Sweeping one App: what retention says of its deployments, carried out. */
import { hasEnded, type RetentionDefaults, type SweepFailure, type SweptItem } from '@appflux/protocol';
import { journal } from '../journal.ts';
import type { Budget } from '../limits/budget.ts';
import type { AppRecord, DeploymentContent, DeploymentPart, Metadata } from '../metadata/metadata.ts';
import { type Place, placeOf } from '../metadata/paging.ts';
import { environmentOf } from '../metadata/sites.ts';
import { type Candidate, decider } from './decide.ts';
import { policyOf } from './policy.ts';
import { clearLeftovers, type Parts, removeParts } from './remove.ts';

/** How many deployments are read at a time. */
const PAGE = 200;

/** How many deployments of an App one run removes something of: more than its budget allows. */
const MOST_AT_ONCE = 200;

/** About how many requests removing parts of a deployment takes: marks, the release, storage, the objects. */
const REMOVAL_COSTS = 9;

/** An App of which so many deployments could not be removed is left to the next round. */
const FAILURES_OF_AN_APP = 3;

export interface AppSweep {
  items: SweptItem[];
  failures: SweepFailure[];
  /** Bytes of the artifacts that stay. */
  artifactBytes: number;
  /** False when the budget ran out before the App was through: it has to be swept again. */
  finished: boolean;
}

/** A deployment of which something goes, or has been marked by a sweep that could not finish. */
interface Going {
  deployment: DeploymentContent;
  parts: DeploymentPart[];
  left: DeploymentPart[];
}

export interface AppDecision {
  /** Oldest first. */
  going: Going[];
  /** There were more than `most`: the newer ones were left out. */
  isCut: boolean;
  /** Bytes of the artifacts that stay. */
  artifactBytes: number;
}

/**
 * What is to go of an App at `now` (Unix milliseconds), at most `most` of its deployments. They are looked at page by page
 * and not held: an App may have very many.
 */
export async function decideApp(
  app: AppRecord,
  metadata: Metadata,
  options: { defaults: RetentionDefaults; budget: Budget; now: number; most?: number },
): Promise<AppDecision> {
  const { defaults, budget, now, most = Number.POSITIVE_INFINITY } = options;
  const release = await releaseOf(app, metadata);
  const policy = policyOf(app.retention, defaults);
  const verdictsOf = decider(release, policy, now, app.previousRelease);
  const newestFirst: Going[] = [];
  let isCut = false;
  let artifactBytes = 0;
  let cursor: string | undefined;
  do {
    const page = await metadata.deployments.withContent(app.id, {
      limit: PAGE,
      ...(cursor === undefined ? {} : { cursor }),
    });
    budget.spend(1);
    for (const deployment of page.items) {
      const candidate = toCandidate(deployment);
      const verdicts = verdictsOf(candidate);
      const parts = verdicts.filter(({ goes }) => goes).map(({ part }) => part);
      if (candidate.parts.has('artifacts') && !parts.includes('artifacts'))
        artifactBytes += deployment.artifactBytes;
      const left = deployment.leftovers ? removedBefore(deployment) : [];
      if (parts.length > 0 || left.length > 0) newestFirst.push({ deployment, parts, left });
      if (newestFirst.length <= most) continue;
      newestFirst.shift();
      isCut = true;
    }
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  return { going: newestFirst.reverse(), isCut, artifactBytes };
}

/** Where the release stands among an App's deployments. */
async function releaseOf({ release: id }: AppRecord, metadata: Metadata): Promise<Place | null> {
  const record = id === null ? null : await metadata.deployments.byId(id);
  return record && placeOf(record);
}

/** What the decision needs to know of a deployment. */
export function toCandidate(deployment: DeploymentContent): Candidate {
  const { status, finishedAt, pinned, artifactCount } = deployment;
  const parts = new Set<DeploymentPart>();
  if (artifactCount > 0 && deployment.artifactsRemovedAt === null) parts.add('artifacts');
  if (deployment.logRemovedAt === null) parts.add('log');
  return {
    ...placeOf(deployment),
    environment: environmentOf(deployment),
    status,
    finishedAt: finishedAt === null || !hasEnded(status) ? null : Date.parse(finishedAt),
    pinned,
    parts,
  };
}

/** Carries the decision out, oldest first; with `dryRun` it only tells what would go. */
export async function sweepApp(
  app: AppRecord,
  parts: Parts,
  options: { defaults: RetentionDefaults; budget: Budget; now: number; dryRun: boolean },
): Promise<AppSweep> {
  const { budget, now, dryRun } = options;
  const { going, isCut, artifactBytes } = await decideApp(app, parts.metadata, {
    ...options,
    ...(dryRun ? {} : { most: MOST_AT_ONCE }),
  });
  const swept: AppSweep = { items: [], failures: [], artifactBytes, finished: !isCut };
  for (const { deployment, parts: gone, left } of going) {
    if (dryRun) {
      swept.items.push(...[...gone, ...left].map((part) => itemOf(app, deployment, part)));
      continue;
    }
    if (budget.isSpent || swept.failures.length >= FAILURES_OF_AN_APP) {
      swept.finished = swept.failures.length >= FAILURES_OF_AN_APP;
      return swept;
    }
    budget.spend(REMOVAL_COSTS);
    try {
      const removed = await removeParts(deployment, gone, parts, new Date(now).toISOString());
      if (left.length > 0 && removed.length === 0) await clearLeftovers(deployment, parts);
      swept.items.push(...[...removed, ...left].map((part) => itemOf(app, deployment, part)));
    } catch (error) {
      journal.error(
        `retention: ${gone.concat(left).join(' and ')} of deployment ${deployment.id} failed`,
        error,
      );
      swept.failures.push(failureOf(app, deployment, error));
    }
  }
  return swept;
}

/** What was marked by a sweep that could not finish. */
function removedBefore({ artifactsRemovedAt, logRemovedAt }: DeploymentContent): DeploymentPart[] {
  const parts: DeploymentPart[] = [];
  if (artifactsRemovedAt !== null) parts.push('artifacts');
  if (logRemovedAt !== null) parts.push('log');
  return parts;
}

const itemOf = (
  app: AppRecord,
  { id, artifactBytes }: DeploymentContent,
  part: DeploymentPart,
): SweptItem => ({
  what: part,
  app: app.slug,
  deploymentId: id,
  uploadId: null,
  bytes: part === 'artifacts' ? artifactBytes : null,
});

const failureOf = (app: AppRecord, { id }: DeploymentContent, error: unknown): SweepFailure => ({
  app: app.slug,
  deploymentId: id,
  message: error instanceof Error ? error.message : String(error),
});
