import type { ClientPart } from '@appflux/client';
import {
  type App,
  type AppFluxError,
  type CreateDeployment,
  type Deployment,
  type Environment,
  type FileInput,
  hasEnded,
  type Page,
  type UpdateApp,
  type VariableInput,
} from '@appflux/protocol';
import { toError } from '#lib/api/to-error.ts';
import { Live } from '#lib/live/live.svelte.ts';
import type { PageLifecycle } from '#lib/live/page-lifecycle.ts';
import { randomKey } from './random-key.ts';

const PAGE = 20;

type Calls = ClientPart<{
  apps:
    | 'get'
    | 'update'
    | 'delete'
    | 'lockRelease'
    | 'unlockRelease'
    | 'setVariable'
    | 'deleteVariable'
    | 'setFile'
    | 'deleteFile';
  deployments: 'listOf' | 'create';
}>;

/** One app with its deployments, newest first, page by page. */
export class AppOverview {
  readonly slug: string;
  readonly #api: Calls;
  readonly #app: Live<App>;
  readonly #newest: Live<Page<Deployment>>;
  #older = $state.raw<Page<Deployment> | null>(null);
  #moreError = $state.raw<AppFluxError | null>(null);
  #loadingMore = $state(false);
  #hidesSkipped = $state(false);

  constructor(slug: string, api: Calls, page?: PageLifecycle, hidesSkipped = false) {
    this.slug = slug;
    this.#api = api;
    this.#hidesSkipped = hidesSkipped;
    const life = page ? { page } : {};
    this.#app = new Live<App>({
      load: (signal) => api.apps.get(slug, { signal }),
      pauseAfter: () => 30_000,
      ...life,
    });
    this.#newest = new Live<Page<Deployment>>({
      load: (signal) => api.deployments.listOf(slug, { limit: PAGE, ...this.#filter }, { signal }),
      pauseAfter: (newest) => (newest?.items.some(({ status }) => !hasEnded(status)) ? 4000 : 20_000),
      ...life,
    });
  }

  get app(): App | null {
    return this.#app.value;
  }

  get error() {
    return this.#app.error ?? this.#newest.error;
  }

  /**
   * The loaded deployments, newest first; null until loaded. The newest page is reloaded and shifts, older pages are
   * not: a deployment can be on both, so duplicates are dropped.
   */
  get deployments(): Deployment[] | null {
    const newest = this.#newest.value;
    if (newest === null) return null;
    const shown = new Map(newest.items.map((deployment) => [deployment.id, deployment]));
    for (const deployment of this.#older?.items ?? []) {
      if (!shown.has(deployment.id)) shown.set(deployment.id, deployment);
    }
    return [...shown.values()];
  }

  /** The current release, if it is among the loaded deployments. */
  get released(): Deployment | null {
    const release = this.app?.release;
    return this.deployments?.find(({ id }) => id === release) ?? null;
  }

  get hasMore(): boolean {
    return (this.#older ?? this.#newest.value)?.nextCursor != null;
  }

  get loadingMore(): boolean {
    return this.#loadingMore;
  }

  get moreError(): AppFluxError | null {
    return this.#moreError;
  }

  /** Whether the list leaves out triggers that made no build. */
  get hidesSkipped(): boolean {
    return this.#hidesSkipped;
  }

  /** Loads the list again, with or without them. */
  async hideSkipped(hides: boolean): Promise<void> {
    if (hides === this.#hidesSkipped) return;
    this.#hidesSkipped = hides;
    this.#older = null;
    await this.#newest.refresh();
  }

  get #filter(): { skipped?: 'exclude' } {
    return this.#hidesSkipped ? { skipped: 'exclude' } : {};
  }

  start(): () => void {
    const stops = [this.#app.start(), this.#newest.start()];
    return () => {
      for (const stop of stops) stop();
    };
  }

  async refresh(): Promise<void> {
    await Promise.all([this.#app.refresh(), this.#newest.refresh()]);
  }

  /** Loads the next page of older deployments. Errors are in `moreError`. */
  async loadMore(): Promise<void> {
    const newest = this.#newest.value;
    const cursor = (this.#older ?? newest)?.nextCursor;
    if (newest === null || cursor == null || this.#loadingMore) return;
    this.#loadingMore = true;
    this.#moreError = null;
    try {
      const next = await this.#api.deployments.listOf(this.slug, { limit: PAGE, cursor, ...this.#filter });
      // Keeps the newest page as well: deployments that shift off it later must not vanish from the middle of the list.
      const loaded = this.#older?.items ?? newest.items;
      this.#older = { items: [...loaded, ...next.items], nextCursor: next.nextCursor };
    } catch (error) {
      this.#moreError = toError(error);
    } finally {
      this.#loadingMore = false;
    }
  }

  /** Starts a deployment and returns it. Throws an AppFluxError. */
  deploy(body: CreateDeployment): Promise<Deployment> {
    return this.#api.deployments.create(this.slug, body, { idempotencyKey: randomKey() });
  }

  /** Shows a newer state of the app, such as the response of a call. */
  show(app: App): void {
    this.#app.replace(app);
    void this.#newest.refresh();
  }

  /** While the release is locked, no deployment goes live by itself. Throws an AppFluxError. */
  async setLock(locked: boolean): Promise<void> {
    const { apps } = this.#api;
    this.#app.replace(await (locked ? apps.lockRelease(this.slug) : apps.unlockRelease(this.slug)));
  }

  /** Changes settings; omitted fields stay. Throws an AppFluxError. */
  async update(change: UpdateApp): Promise<void> {
    this.#app.replace(await this.#api.apps.update(this.slug, change));
  }

  /** Sets variables one by one, so that an error names the one that failed. Throws an AppFluxError. */
  async setVariables(
    variables: readonly ({ name: string } & VariableInput)[],
    environments: Environment[],
  ): Promise<void> {
    try {
      for (const { name, ...input } of variables)
        await this.#api.apps.setVariable(this.slug, name, { ...input, environments });
    } finally {
      await this.#app.refresh();
    }
  }

  /** Throws an AppFluxError. */
  async deleteVariable(name: string): Promise<void> {
    await this.#api.apps.deleteVariable(this.slug, name);
    await this.#app.refresh();
  }

  /** Throws an AppFluxError. */
  async setFile(name: string, file: FileInput): Promise<void> {
    await this.#api.apps.setFile(this.slug, name, file);
    await this.#app.refresh();
  }

  /** Throws an AppFluxError. */
  async deleteFile(name: string): Promise<void> {
    await this.#api.apps.deleteFile(this.slug, name);
    await this.#app.refresh();
  }

  /** Deletes the app and everything that belongs to it. Throws an AppFluxError. */
  delete(): Promise<void> {
    return this.#api.apps.delete(this.slug);
  }
}
