/** One run of a sweep: from a position on, through as much as its budget allows. */
import type { SweepFailure, SweptItem } from '@appflux/protocol';
import type { Env } from '../env.ts';
import { Budget } from '../limits/budget.ts';
import type {
  AppRecord,
  DeploymentContent,
  DeploymentPart,
  Metadata,
  UploadRecord,
} from '../metadata/metadata.ts';
import { type AppSweep, decideApp, sweepApp, toCandidate } from './app.ts';
import { retentionDefaults } from './policy.ts';
import type { Parts } from './remove.ts';
import type { Position } from './report.ts';
import { needsSource } from './source.ts';

/** How many Apps, and how many uploads, are read at a time. */
const PAGE = 50;

/** How many deployments that were built from them are read at a time. */
const BUILT = 500;

/** A source upload that nobody deployed, or that was deployed last, this long ago may go, in milliseconds. */
const UNUSED_MS = 24 * 60 * 60 * 1000;

export interface Run {
  items: SweptItem[];
  failures: SweepFailure[];
  /** Bytes of the artifacts that stay, of the apps that this run finished. */
  artifactBytes: number;
  /** Null when all was looked at. */
  next: Position | null;
}

export interface RunOptions {
  from: Position;
  dryRun: boolean;
  /** Unix milliseconds. */
  now: number;
  budget?: Budget;
  /** Sweeps one App elsewhere, which costs one request; without it that is done here. */
  sweepOne?: (app: AppRecord) => Promise<AppSweep>;
}

/**
 * Removes what retention says from `from` on, or with `dryRun` tells what it would remove. What storage does not give up
 * is listed among the failures and tried again by a later run; the rest is swept all the same. Throws when storage does
 * not answer at all, or metadata does not.
 */
export async function sweepFrom(
  parts: Parts,
  { from, dryRun, now, budget = new Budget(), sweepOne }: RunOptions,
): Promise<Run> {
  if (!dryRun) await parts.objects.ping();
  const run: Run = { items: [], failures: [], artifactBytes: 0, next: from };
  while (run.next !== null && !budget.isSpent) {
    const step = run.next.phase === 'apps' ? sweepApps : sweepSources;
    run.next = await step(parts, run, { from: run.next, dryRun, now, budget, sweepOne });
  }
  return run;
}

type Step = Required<Omit<RunOptions, 'sweepOne'>> & { sweepOne: RunOptions['sweepOne'] | undefined };

/** Sweeps a page of Apps; gives where it goes on. */
async function sweepApps(
  parts: Parts,
  run: Run,
  { from, budget, dryRun, now, sweepOne }: Step,
): Promise<Position> {
  const { items: apps, next } = await parts.metadata.apps.all(from.after, PAGE);
  budget.spend(1);
  const defaults = retentionDefaults(parts.env);
  let { after } = from;
  for (const app of apps) {
    if (budget.isSpent) return { phase: 'apps', after };
    if (sweepOne !== undefined) budget.spend(1);
    const swept = await (sweepOne?.(app) ?? sweepApp(app, parts, { now, dryRun, budget, defaults }));
    run.items.push(...swept.items);
    run.failures.push(...swept.failures);
    if (swept.walk !== null) return { phase: 'apps', after };
    run.artifactBytes += swept.artifactBytes;
    after = app.id;
  }
  return next === null ? { phase: 'uploads', after: null } : { phase: 'apps', after };
}

/**
 * Gives up a page of source uploads that no deployment needs; what was given up is removed like an upload that was
 * never completed (api/uploads.ts). Gives where it goes on, null at the end.
 */
async function sweepSources({ env, metadata }: Parts, run: Run, step: Step): Promise<Position | null> {
  const { from, budget, dryRun, now } = step;
  const usedBefore = new Date(now - UNUSED_MS).toISOString();
  const uploads = await metadata.uploads.unused(from.after, usedBefore, PAGE);
  budget.spend(2);
  for (const upload of await unneeded(uploads, env, metadata, step)) {
    if (!dryRun) budget.spend(1);
    if (dryRun || (await metadata.uploads.giveUp(upload.id, usedBefore))) run.items.push(itemOf(upload));
  }
  const last = uploads.at(-1);
  return last === undefined || uploads.length < PAGE ? null : { phase: 'uploads', after: last.id };
}

/** Those that no deployment needs; in a dry run, those that none would need after the sweep. */
async function unneeded(
  uploads: readonly UploadRecord[],
  env: Env,
  metadata: Metadata,
  { dryRun, budget, now }: Step,
): Promise<UploadRecord[]> {
  const needed = new Set<string | null>();
  const going = dryRun ? new GoingParts(env, metadata, { budget, now }) : null;
  const ids = uploads.map(({ id }) => id);
  for (let after: string | null = null; ids.some((id) => !needed.has(id)); ) {
    const built: DeploymentContent[] = await metadata.deployments.builtFrom(ids, after, BUILT);
    budget.spend(1);
    for (const deployment of built) {
      const candidate = toCandidate(deployment);
      const gone = (await going?.of(deployment)) ?? new Set();
      const left = new Set([...candidate.parts].filter((part) => !gone.has(part)));
      if (needsSource({ ...candidate, parts: left }, deployment.artifactCount > 0))
        needed.add(deployment.uploadId);
    }
    after = built.at(-1)?.id ?? null;
    if (built.length < BUILT) break;
  }
  return uploads.filter(({ id }) => !needed.has(id));
}

/** What a sweep would remove of deployments, App by App as they are asked about. */
class GoingParts {
  readonly #env: Env;
  readonly #metadata: Metadata;
  readonly #step: { budget: Budget; now: number };
  readonly #apps = new Map<string, Map<string, Set<DeploymentPart>>>();

  constructor(env: Env, metadata: Metadata, step: { budget: Budget; now: number }) {
    this.#env = env;
    this.#metadata = metadata;
    this.#step = step;
  }

  /** The parts that go of a deployment. */
  async of({ id, appId }: DeploymentContent): Promise<ReadonlySet<DeploymentPart>> {
    const known = this.#apps.get(appId) ?? (await this.#decide(appId));
    this.#apps.set(appId, known);
    return known.get(id) ?? new Set();
  }

  async #decide(appId: string): Promise<Map<string, Set<DeploymentPart>>> {
    const app = await this.#metadata.apps.byId(appId);
    if (app === null) return new Map();
    const defaults = retentionDefaults(this.#env);
    const parts = new Map<string, Set<DeploymentPart>>();
    for await (const { going } of decideApp(app, this.#metadata, { ...this.#step, defaults }))
      for (const { deployment, parts: goes } of going) parts.set(deployment.id, new Set(goes));
    return parts;
  }
}

const itemOf = ({ id, size }: UploadRecord): SweptItem => ({
  what: 'source',
  app: null,
  deploymentId: null,
  uploadId: id,
  bytes: size,
});
