import type { ClientPart } from '@appflux/client';
import type {
  App,
  AppFluxError,
  CreateDeployment,
  Deployment,
  Environment,
  FileInput,
  SeenSettings,
  UpdateApp,
  VariableChange,
  VariableInput,
} from '@appflux/protocol';
import { pauseAfterDeployments } from '#lib/deployment/deployment-list.ts';
import { Live } from '#lib/live/live.svelte.ts';
import type { PageLifecycle } from '#lib/live/page-lifecycle.ts';
import { PagedList } from '#lib/live/paged-list.svelte.ts';
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
    | 'changeVariable'
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
  readonly #deployments: PagedList<Deployment>;
  #hidesSkipped = $state(false);

  constructor(slug: string, api: Calls, page?: PageLifecycle, hidesSkipped = false) {
    this.slug = slug;
    this.#api = api;
    this.#hidesSkipped = hidesSkipped;
    const life = page ? { page } : {};
    this.#app = new Live<App>({
      load: (signal) => api.apps.get(slug, { signal }),
      pauseAfter: () => 10_000,
      ...life,
    });
    this.#deployments = new PagedList<Deployment>({
      load: async (cursor, signal) => {
        const query = { limit: PAGE, ...(cursor !== undefined && { cursor }), ...this.#filter };
        const page = await api.deployments.listOf(slug, query, { signal });
        this.#compare(page.items);
        return page;
      },
      pauseAfter: pauseAfterDeployments,
      ...life,
    });
  }

  get app(): App | null {
    return this.#app.value;
  }

  get error() {
    return this.#app.error ?? this.#deployments.error;
  }

  /** The loaded deployments, newest first; null until loaded. */
  get deployments(): Deployment[] | null {
    return this.#deployments.items;
  }

  /** The current release, if it is among the loaded deployments. */
  get released(): Deployment | null {
    const release = this.app?.release;
    return this.deployments?.find(({ id }) => id === release) ?? null;
  }

  get hasMore(): boolean {
    return this.#deployments.hasMore;
  }

  get loadingMore(): boolean {
    return this.#deployments.loadingMore;
  }

  get moreError(): AppFluxError | null {
    return this.#deployments.moreError;
  }

  /** Whether the list leaves out triggers that made no build. */
  get hidesSkipped(): boolean {
    return this.#hidesSkipped;
  }

  /** Loads the list again, with or without them. */
  async hideSkipped(hides: boolean): Promise<void> {
    if (hides === this.#hidesSkipped) return;
    this.#hidesSkipped = hides;
    await this.#deployments.reset();
  }

  /** Loads the app again when the list knows another release: someone else has changed it. */
  #compare(deployments: readonly Deployment[]): void {
    const release = this.app?.release;
    const isOutdated = deployments.some(
      ({ id, current }) => current !== undefined && current !== (id === release),
    );
    if (release !== undefined && isOutdated) void this.#app.refresh();
  }

  get #filter(): { skipped?: 'exclude' } {
    return this.#hidesSkipped ? { skipped: 'exclude' } : {};
  }

  start(): () => void {
    const stops = [this.#app.start(), this.#deployments.start()];
    return () => {
      for (const stop of stops) stop();
    };
  }

  async refresh(): Promise<void> {
    await Promise.all([this.#app.refresh(), this.#deployments.refresh()]);
  }

  /** Loads the next page of older deployments. Errors are in `moreError`. */
  loadMore(): Promise<void> {
    return this.#deployments.loadMore();
  }

  /** Loads the app again, without its deployments. */
  reload(): Promise<void> {
    return this.#app.refresh();
  }

  /** Starts a deployment and returns it. Throws an AppFluxError. */
  deploy(body: CreateDeployment): Promise<Deployment> {
    return this.#api.deployments.create(this.slug, body, { idempotencyKey: randomKey() });
  }

  /** Shows a newer state of the app, such as the response of a call. */
  show(app: App): void {
    this.#app.replace(app);
    void this.#deployments.refresh();
  }

  /** While the release is locked, no deployment goes live by itself. Throws an AppFluxError. */
  async setLock(locked: boolean): Promise<void> {
    const { apps } = this.#api;
    this.#app.replace(await (locked ? apps.lockRelease(this.slug) : apps.unlockRelease(this.slug)));
  }

  /**
   * Changes settings; omitted fields stay. Throws an AppFluxError: `settings_changed` if someone else has changed one of them
   * since the app was loaded.
   */
  async update(change: UpdateApp): Promise<void> {
    const from = this.app === null ? {} : { from: seen(this.app, change) };
    this.#app.replace(await this.#api.apps.update(this.slug, { ...change, ...from }));
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

  /** Sets one variable. Throws an AppFluxError. */
  async setVariable(name: string, variable: VariableInput): Promise<void> {
    await this.#api.apps.setVariable(this.slug, name, variable);
    await this.#app.refresh();
  }

  /** Changes a variable and keeps its value. Throws an AppFluxError. */
  async changeVariable(name: string, change: VariableChange): Promise<void> {
    await this.#api.apps.changeVariable(this.slug, name, change);
    await this.#app.refresh();
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

/** What the page shows of the settings that a change replaces. */
const seen = (app: App, change: UpdateApp): SeenSettings =>
  Object.fromEntries(Object.entries(app).filter(([name]) => Object.hasOwn(change, name)));
