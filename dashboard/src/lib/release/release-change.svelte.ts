import type { ClientPart } from '@appflux/client';
import type { App, AppFluxError, Deployment } from '@appflux/protocol';
import { toError } from '#lib/api/to-error.ts';
import { branchBetween, type CommitChange, commitsBetween } from './release-difference.ts';
import { isPreview, type Releasable, type ReleaseKind, releaseKind } from './release-kind.ts';

type Calls = ClientPart<{ apps: 'get' | 'release'; deployments: 'get' | 'listOf' | 'promote' }>;

/** How many deployments are searched for the commits between two releases. */
const SEARCHED = 100;

/** One deployment that is about to go live, from the question to the undo. */
export class ReleaseChange {
  readonly to: Deployment;
  readonly kind: ReleaseKind;
  readonly #api: Calls;
  #app = $state.raw() as App;
  #from = $state.raw<Deployment | null>(null);
  #commits = $state.raw<CommitChange | null>(null);
  #outdated = $state(false);
  #differing = $state.raw<AppFluxError | null>(null);
  #error = $state.raw<AppFluxError | null>(null);
  #busy = $state(false);

  constructor(to: Deployment, { app, current }: Releasable, api: Calls) {
    this.#app = app;
    this.to = to;
    this.kind = releaseKind(to, { app, current }) ?? 'promote';
    this.#from = current;
    this.#api = api;
  }

  /** The app as it was when the change was asked about. */
  get app(): App {
    return this.#app;
  }

  /** The commits that it changes; null until loaded, and if they aren’t known. */
  get commits(): CommitChange | null {
    return this.#commits;
  }

  /** Whether another deployment has gone live since the question was asked, and is shown now. */
  get outdated(): boolean {
    return this.#outdated;
  }

  /** What is live now; null if nothing is, or it isn't loaded. */
  get from(): Deployment | null {
    return this.#from;
  }

  /** Why the output isn't the one of production's variables; null if it is, or that isn't known yet. */
  get differing(): AppFluxError | null {
    return this.#differing;
  }

  /** Why it did not go live. */
  get error(): AppFluxError | null {
    return this.#error;
  }

  get busy(): boolean {
    return this.#busy;
  }

  /** Loads what is live now, if it isn't known, and the commits in between. Without it, the question has fewer details. */
  async load(): Promise<void> {
    const { deployments } = this.#api;
    try {
      if (this.#from === null && this.app.release !== null)
        this.#from = await deployments.get(this.app.release);
      const from = this.#from;
      const branch = from && branchBetween(from, this.to);
      if (from === null || branch === null) return;
      const { items } = await deployments.listOf(this.app.slug, { branch, limit: SEARCHED });
      this.#commits = commitsBetween({ from, to: this.to }, items);
    } catch {
      // Any failure: the release itself doesn't need these details, and shows its own errors.
      this.#commits = null;
    }
  }

  /** Asks again with what is live now, after someone else has changed it. */
  async #ask(): Promise<void> {
    const app = await this.#api.apps.get(this.app.slug);
    this.#app = app;
    this.#from = null;
    this.#commits = null;
    this.#outdated = true;
    await this.load();
  }

  /**
   * Makes it the release, although production's variables differ if that was shown before. Returns the app as it is
   * then; null if it was refused, with the reason in `differing`, `outdated` or `error`.
   */
  async confirm(): Promise<App | null> {
    if (this.#busy) return null;
    const { apps, deployments } = this.#api;
    this.#busy = true;
    this.#error = null;
    try {
      const from = this.app.release;
      if (!isPreview(this.to)) return await apps.release(this.app.slug, this.to.id, { from });
      await deployments.promote(this.to.id, { from, ...(this.#differing !== null && { force: true }) });
      return await apps.get(this.app.slug);
    } catch (caught) {
      const error = toError(caught);
      if (error.code === 'release_changed')
        await this.#ask().catch((reason) => (this.#error = toError(reason)));
      else if (error.code === 'variables_differ') this.#differing = error;
      else this.#error = error;
      return null;
    } finally {
      this.#busy = false;
    }
  }

  /** Whether there is something to go back to. */
  get undoable(): boolean {
    return this.app.release !== null;
  }

  /**
   * Makes the release before the current one again. Returns the app; null if another deployment has gone live
   * meanwhile, which stays. Throws an AppFluxError.
   */
  async undo(): Promise<App | null> {
    const { release, slug } = this.app;
    if (release === null) return null;
    try {
      return await this.#api.apps.release(slug, release, { from: this.to.id });
    } catch (caught) {
      const error = toError(caught);
      if (error.code === 'release_changed') return null;
      throw error;
    }
  }
}
