/** Sweeping one App: what retention says of its deployments, carried out page by page. */
import { hasEnded, type RetentionDefaults, type SweepFailure, type SweptItem } from '@appflux/protocol';
import type { Budget } from '../limits/budget.ts';
import type { AppRecord, DeploymentContent, DeploymentPart, Metadata } from '../metadata/metadata.ts';
import { type Place, placeOf } from '../metadata/paging.ts';
import { environmentOf } from '../metadata/sites.ts';
import { archiveApp } from './archive.ts';
import { type Candidate, type Counted, decider, NOTHING_COUNTED } from './decide.ts';
import { policyOf } from './policy.ts';
import { type Going, type Parts, removeAll } from './remove.ts';

/** How many deployments are read at a time, and removed at most before the budget is looked at. */
const PAGE = 500;
const AT_ONCE = 50;

/** An App of which so many deployments could not be removed is left to the next round. */
const FAILURES_OF_AN_APP = 3;

/**
 * How far an App has been swept, newest first. It starts over when the rules, or what they protect, have changed
 * meanwhile.
 */
export interface Walk {
  /** Null at the beginning. */
  cursor: string | null;
  counted: Counted;
  /** What the verdicts depend on besides the deployments. */
  basis: string;
  /** Bytes of the artifacts that stay, so far. */
  artifactBytes: number;
}

export interface AppSweep {
  items: SweptItem[];
  failures: SweepFailure[];
  /** Bytes of the artifacts that stay, of what was looked at. */
  artifactBytes: number;
  /** Where it goes on; null when the App was through, or has failed too often. */
  walk: Walk | null;
}

interface WalkOptions {
  defaults: RetentionDefaults;
  budget: Budget;
  /** Unix milliseconds. */
  now: number;
  from?: Walk | null;
}

/** A page of an App's deployments. */
interface Decided {
  /** Oldest first. */
  going: Going[];
  /** The walk before the page and after it. */
  before: Walk;
  after: Walk;
  isLast: boolean;
}

/**
 * What is to go of an App, page by page and not held: an App may have very many deployments. Newest first, because the
 * newest are what the rules count.
 */
export async function* decideApp(
  app: AppRecord,
  metadata: Metadata,
  { defaults, budget, now, from }: WalkOptions,
): AsyncGenerator<Decided> {
  const release = await releaseOf(app, metadata);
  const policy = policyOf(app.retention, defaults);
  const basis = JSON.stringify([release, app.previousRelease, policy]);
  let before: Walk =
    from?.basis === basis ? from : { cursor: null, counted: NOTHING_COUNTED, basis, artifactBytes: 0 };
  for (;;) {
    const counted = structuredClone(before.counted);
    const verdictsOf = decider({ release, policy, now, previous: app.previousRelease }, counted);
    const page = await metadata.deployments.withContent(app.id, {
      limit: PAGE,
      ...(before.cursor === null ? {} : { cursor: before.cursor }),
    });
    budget.spend(1);
    const going: Going[] = [];
    let { artifactBytes } = before;
    for (const deployment of page.items) {
      const candidate = toCandidate(deployment);
      const parts = verdictsOf(candidate).flatMap(({ part, goes }) => (goes ? [part] : []));
      if (candidate.parts.has('artifacts') && !parts.includes('artifacts'))
        artifactBytes += deployment.artifactBytes;
      const left = deployment.leftovers ? removedBefore(deployment) : [];
      if (parts.length > 0 || left.length > 0) going.push({ deployment, parts, left });
    }
    const after: Walk = { cursor: page.nextCursor, counted, basis, artifactBytes };
    const isLast = page.nextCursor === null;
    yield { going: going.reverse(), before, after, isLast };
    if (isLast) return;
    before = after;
  }
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

/**
 * Carries the decision out as far as the budget allows; with `dryRun` it only reports what would go, of the whole App.
 * What storage doesn't delete is among the failures, marked as removed, and cleared by a later sweep.
 */
export async function sweepApp(
  app: AppRecord,
  parts: Parts,
  { dryRun, ...options }: WalkOptions & { dryRun: boolean },
): Promise<AppSweep> {
  const { budget, now } = options;
  const at = new Date(now).toISOString();
  const swept: AppSweep = { items: [], failures: [], artifactBytes: 0, walk: null };
  for await (const { going, before, after, isLast } of decideApp(app, parts.metadata, options)) {
    if (dryRun) swept.items.push(...going.flatMap((one) => itemsOf(app, one)));
    for (let from = 0; !dryRun && from < going.length; from += AT_ONCE) {
      if (budget.isSpent) return { ...swept, artifactBytes: before.artifactBytes, walk: before };
      const some = going.slice(from, from + AT_ONCE);
      const most = FAILURES_OF_AN_APP - swept.failures.length;
      const { removed, failures } = await removeAll(app.id, some, parts, { at, budget, most });
      swept.items.push(...removed.flatMap((one) => itemsOf(app, one)));
      swept.failures.push(...failures.map(({ id, error }) => failureOf(app, id, error)));
      if (failures.length >= most) return { ...swept, artifactBytes: after.artifactBytes };
    }
    swept.artifactBytes = after.artifactBytes;
    if (!isLast && !dryRun && budget.isSpent) return { ...swept, walk: after };
    if (isLast && !dryRun && !(await archiveApp(app.id, parts, options)))
      return { ...swept, artifactBytes: before.artifactBytes, walk: before };
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

const itemsOf = (
  { slug }: AppRecord,
  { deployment: { id, artifactBytes }, parts, left }: Going,
): SweptItem[] =>
  [...parts, ...left].map((part) => ({
    what: part,
    app: slug,
    deploymentId: id,
    uploadId: null,
    bytes: part === 'artifacts' ? artifactBytes : null,
  }));

const failureOf = ({ slug }: AppRecord, id: string, error: unknown): SweepFailure => ({
  app: slug,
  deploymentId: id,
  message: error instanceof Error ? error.message : String(error),
});
