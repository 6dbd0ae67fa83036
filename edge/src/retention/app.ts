/** Sweeping one App: what retention says of its deployments, carried out. */
import { hasEnded, type RetentionDefaults } from '@appflux/protocol';
import { journal } from '../journal.ts';
import type { AppRecord, DeploymentPart, KeptDeployment, Metadata } from '../metadata/metadata.ts';
import { type Place, placeOf } from '../metadata/paging.ts';
import { type Budget, REMOVAL_COSTS } from './budget.ts';
import { type Candidate, decide, type Verdict } from './decide.ts';
import { policyOf } from './policy.ts';
import { clearLeftovers, type Parts, removeParts } from './remove.ts';
import type { Failure, SweptItem } from './report.ts';

/** An App of which so many deployments could not be removed is left to the next round. */
const FAILURES_OF_AN_APP = 3;

export interface AppSweep {
  items: SweptItem[];
  failures: Failure[];
  /** False when the budget ran out before the App was through: it has to be swept again. */
  finished: boolean;
}

export interface AppDecision {
  deployments: KeptDeployment[];
  verdicts: Verdict[];
}

/** What is to go of an App at `now` (Unix milliseconds). */
export async function decideApp(
  app: AppRecord,
  metadata: Metadata,
  defaults: RetentionDefaults,
  budget: Budget,
  now: number,
): Promise<AppDecision> {
  const deployments: KeptDeployment[] = [];
  let cursor: string | undefined;
  do {
    const page = await metadata.deployments.withContent(app.id, {
      limit: 100,
      ...(cursor === undefined ? {} : { cursor }),
    });
    budget.spend(1);
    deployments.push(...page.items);
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  const policy = policyOf(app.retention, defaults);
  const release = await releaseOf(app, deployments, metadata);
  return { deployments, verdicts: decide(deployments.map(toCandidate), release, policy, now) };
}

/** Where the release stands among an App's deployments: it is one of them, unless it has lost all that it had. */
async function releaseOf(
  { release: id }: AppRecord,
  deployments: readonly KeptDeployment[],
  metadata: Metadata,
): Promise<Place | null> {
  if (id === null) return null;
  const record =
    deployments.find((deployment) => deployment.id === id) ?? (await metadata.deployments.byId(id));
  return record && placeOf(record);
}

/** What the decision needs to know of a deployment. */
export function toCandidate(deployment: KeptDeployment): Candidate {
  const { environment, status, finishedAt, pinned, artifacts } = deployment;
  const parts = new Set<DeploymentPart>();
  if (artifacts.length > 0 && deployment.artifactsRemovedAt === null) parts.add('artifacts');
  if (deployment.logRemovedAt === null) parts.add('log');
  return {
    ...placeOf(deployment),
    environment,
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
  const { defaults, budget, now, dryRun } = options;
  const { deployments, verdicts } = await decideApp(app, parts.metadata, defaults, budget, now);
  const swept: AppSweep = { items: [], failures: [], finished: true };
  for (const deployment of deployments.toReversed()) {
    const going = verdicts.filter(({ id, goes }) => goes && id === deployment.id).map(({ part }) => part);
    const left = deployment.leftovers ? removedBefore(deployment) : [];
    if (going.length === 0 && left.length === 0) continue;
    if (dryRun) {
      swept.items.push(...[...going, ...left].map((part) => itemOf(app, deployment, part)));
      continue;
    }
    if (budget.isSpent || swept.failures.length >= FAILURES_OF_AN_APP) {
      swept.finished = swept.failures.length >= FAILURES_OF_AN_APP;
      return swept;
    }
    budget.spend(REMOVAL_COSTS);
    try {
      const removed = await removeParts(deployment, going, parts, new Date(now).toISOString());
      if (left.length > 0 && removed.length === 0) await clearLeftovers(deployment, parts);
      swept.items.push(...[...removed, ...left].map((part) => itemOf(app, deployment, part)));
    } catch (error) {
      journal.error(
        `retention: ${going.concat(left).join(' and ')} of deployment ${deployment.id} failed`,
        error,
      );
      swept.failures.push(failureOf(app, deployment, error));
    }
  }
  return swept;
}

/** What was marked by a sweep that could not finish. */
function removedBefore({ artifactsRemovedAt, logRemovedAt }: KeptDeployment): DeploymentPart[] {
  const parts: DeploymentPart[] = [];
  if (artifactsRemovedAt !== null) parts.push('artifacts');
  if (logRemovedAt !== null) parts.push('log');
  return parts;
}

const itemOf = (app: AppRecord, { id, artifacts }: KeptDeployment, part: DeploymentPart): SweptItem => ({
  what: part,
  app: app.slug,
  deploymentId: id,
  uploadId: null,
  bytes: part === 'artifacts' ? artifacts.reduce((sum, { size }) => sum + size, 0) : null,
});

const failureOf = (app: AppRecord, { id }: KeptDeployment, error: unknown): Failure => ({
  app: app.slug,
  deploymentId: id,
  message: error instanceof Error ? error.message : String(error),
});
