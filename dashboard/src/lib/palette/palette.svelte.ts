import { allItems, type ClientPart } from '@appflux/client';
import type { App, AppFluxError, Deployment } from '@appflux/protocol';
import { toError } from '#lib/api/to-error.ts';

type Calls = ClientPart<{ apps: 'list'; deployments: 'get' }>;

/** What the palette knows of the team: its apps, and the deployment whose page is open. */
export class PaletteData {
  readonly #api: Calls;
  apps = $state.raw<readonly App[]>([]);
  deployment = $state.raw<Deployment | null>(null);
  loading = $state(true);
  error = $state.raw<AppFluxError | null>(null);

  constructor(api: Calls) {
    this.#api = api;
  }

  /** Loads both. A deployment that can't be loaded is left out: its page says why. */
  async load(deploymentId: string | null): Promise<void> {
    this.loading = true;
    this.error = null;
    try {
      const [apps, deployment] = await Promise.all([
        allItems((query) => this.#api.apps.list(query)),
        deploymentId === null ? null : this.#api.deployments.get(deploymentId).catch(() => null),
      ]);
      this.apps = apps;
      this.deployment = deployment;
    } catch (error) {
      this.error = toError(error);
    } finally {
      this.loading = false;
    }
  }
}
