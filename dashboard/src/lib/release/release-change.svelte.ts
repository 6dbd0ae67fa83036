import type { ClientPart } from '@appflux/client';
import type { App, AppFluxError, Deployment } from '@appflux/protocol';
import { toError } from '#lib/api/to-error.ts';
import { isPreview, type Releasable, type ReleaseKind, releaseKind } from './release-kind.ts';

type Calls = ClientPart<{ apps: 'get' | 'release'; deployments: 'get' | 'promote' }>;

/** One deployment that is about to go live, from the question to the undo. */
export class ReleaseChange {
  readonly app: App;
  readonly to: Deployment;
  readonly kind: ReleaseKind;
  readonly #api: Calls;
  #from = $state.raw<Deployment | null>(null);
  #differing = $state.raw<AppFluxError | null>(null);
  #error = $state.raw<AppFluxError | null>(null);
  #busy = $state(false);

  constructor(to: Deployment, { app, current }: Releasable, api: Calls) {
    this.app = app;
    this.to = to;
    this.kind = releaseKind(to, { app, current }) ?? 'promote';
    this.#from = current;
    this.#api = api;
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

  /** Loads what is live now, if it isn't known. Without it, the question is asked without its details. */
  async load(): Promise<void> {
    if (this.#from !== null || this.app.release === null) return;
    try {
      this.#from = await this.#api.deployments.get(this.app.release);
    } catch {
      // Any failure: the release itself doesn't need these details, and shows its own errors.
      this.#from = null;
    }
  }

  /**
   * Makes it the release, although production's variables differ if that was shown before. Returns the app as it is
   * then; null if it was refused, with the reason in `differing` or `error`.
   */
  async confirm(): Promise<App | null> {
    if (this.#busy) return null;
    const { apps, deployments } = this.#api;
    this.#busy = true;
    this.#error = null;
    try {
      if (!isPreview(this.to)) return await apps.release(this.app.slug, this.to.id);
      await deployments.promote(this.to.id, this.#differing === null ? {} : { force: true });
      return await apps.get(this.app.slug);
    } catch (caught) {
      const error = toError(caught);
      if (error.code === 'variables_differ') this.#differing = error;
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
    const { apps } = this.#api;
    if (this.app.release === null) return null;
    const now = await apps.get(this.app.slug);
    return now.release === this.to.id ? apps.release(this.app.slug, this.app.release) : null;
  }
}
