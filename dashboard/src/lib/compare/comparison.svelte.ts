import type { ClientPart } from '@appflux/client';
import type { AppFluxError, Deployment, SiteComparison } from '@appflux/protocol';
import { toError } from '#lib/api/to-error.ts';
import type { LogDiff } from './log-diff.ts';
import { comparePackages, type PackageChange } from './packages.ts';

type Calls = ClientPart<{
  deployments: 'get' | 'listOf' | 'compareSite' | 'sbom';
  apps: 'get';
  logs: 'page';
}>;

/** A part of the comparison that is loaded by itself: it may be missing without the rest. */
export type Part<Value> =
  | { readonly state: 'loading' }
  | { readonly state: 'none'; readonly why: string }
  | { readonly state: 'failed'; readonly error: AppFluxError }
  | { readonly state: 'ready'; readonly value: Value };

const LOADING = { state: 'loading' } as const;

/** How many earlier deployments are offered to compare with. */
const OFFERED = 30;

/** A deployment beside an earlier one of its app. */
export class Comparison {
  readonly #id: string;
  readonly #with: string | null;
  readonly #api: Calls;
  after = $state.raw<Deployment | null>(null);
  before = $state.raw<Deployment | null>(null);
  /** What it can be compared with, newest first. */
  candidates = $state.raw<readonly Deployment[]>([]);
  error = $state.raw<AppFluxError | null>(null);
  site = $state.raw<Part<SiteComparison>>(LOADING);
  packages = $state.raw<Part<readonly PackageChange[]>>(LOADING);
  /** Null until somebody asks for it: logs can be large. */
  log = $state.raw<Part<LogDiff> | null>(null);
  /** Whether everything that decides what is shown is there. */
  loaded = $state(false);

  /** Compares with the success before it, unless `withId` names another deployment. */
  constructor(id: string, withId: string | null, api: Calls) {
    this.#id = id;
    this.#with = withId;
    this.#api = api;
  }

  async load(): Promise<void> {
    this.error = null;
    try {
      const after = await this.#api.deployments.get(this.#id);
      const { items } = await this.#api.deployments.listOf(after.app.slug, {
        status: 'success',
        limit: OFFERED,
      });
      const others = items.filter(({ id }) => id !== after.id);
      const before =
        this.#with === null ? chooseBefore(after, others) : await this.#api.deployments.get(this.#with);
      const isListed = before === null || others.some(({ id }) => id === before.id);
      this.candidates = isListed ? others : [before, ...others];
      this.after = after;
      this.before = before;
      this.loaded = true;
      await Promise.all([this.loadSite(), this.loadPackages()]);
    } catch (error) {
      this.error = toError(error);
    }
  }

  /** Loads what differs between their sites. */
  async loadSite(): Promise<void> {
    const { after, before } = this;
    if (after === null || before === null) return;
    this.site = LOADING;
    if (after.site === null && before.site === null) {
      this.site = { state: 'none', why: 'Neither deployment has published a site.' };
      return;
    }
    this.site = await part(this.#api.deployments.compareSite(after.id, before.id));
  }

  /** Loads what differs between their dependencies. */
  async loadPackages(): Promise<void> {
    const { after, before } = this;
    if (after === null || before === null) return;
    this.packages = LOADING;
    const missing = [after, before].find(({ urls }) => urls.sbom === undefined);
    if (missing !== undefined) {
      this.packages = { state: 'none', why: `Deployment #${missing.number} has no bill of materials.` };
      return;
    }
    this.packages = await part(
      Promise.all([this.#api.deployments.sbom(before.id), this.#api.deployments.sbom(after.id)]).then(
        ([old, now]) => comparePackages(old, now),
      ),
    );
  }

  /** Compares both logs; of long ones, the beginnings and the ends. */
  async compareLogs(): Promise<void> {
    const { after, before } = this;
    if (after === null || before === null) return;
    const removed = [after, before].find(({ logRemovedAt }) => logRemovedAt !== null);
    if (removed !== undefined) {
      this.log = { state: 'none', why: `The log of deployment #${removed.number} was removed by retention.` };
      return;
    }
    this.log = LOADING;
    const [{ diffLogs }, { readWindows }] = await Promise.all([
      import('./log-diff.ts'),
      import('./log-windows.ts'),
    ]);
    this.log = await part(readWindows(this.#api.logs, before.id, after.id).then(diffLogs));
  }
}

/** The newest success before it; otherwise the newest of all. */
export function chooseBefore(after: Deployment, others: readonly Deployment[]): Deployment | null {
  return others.find(({ createdAt }) => createdAt < after.createdAt) ?? others[0] ?? null;
}

const part = <Value>(coming: Promise<Value>): Promise<Part<Value>> =>
  coming.then(
    (value) => ({ state: 'ready', value }),
    (error) => ({ state: 'failed', error: toError(error) }),
  );
