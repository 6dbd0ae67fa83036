import type { ClientPart } from '@appflux/client';
import type { CreateGithubManifest, GithubIntegration, GithubManifest } from '@appflux/protocol';
import { LiveResource } from '#lib/live/live-resource.svelte.ts';
import type { PageLifecycle } from '#lib/live/page-lifecycle.ts';

type Calls = ClientPart<{
  github: 'get' | 'manifest' | 'registerApp' | 'removeApp' | 'start' | 'connect' | 'disconnect';
}>;

/** What someone did at GitHub: they registered the App, or installed it on an account. */
type GithubStep = 'created' | 'installed';

/** Whether the last part of the URL that GitHub sent someone back to is one of its steps. */
export const isGithubStep = (text: string | null): text is GithubStep =>
  text === 'created' || text === 'installed';

/** What GitHub has added to the URL that it sent someone back to. */
export interface GithubReturn {
  step: GithubStep;
  code: string | null;
  state: string | null;
  installationId: string | null;
  /** Whether someone only asked an owner of the organization to install it. */
  isRequest: boolean;
  error: string | null;
}

/** Reads what GitHub sent back; null if the page was opened in another way. */
export function readGithubReturn(query: Pick<URLSearchParams, 'get'>): GithubReturn | null {
  const step = query.get('step');
  if (!isGithubStep(step)) return null;
  return {
    step,
    code: query.get('code'),
    state: query.get('state'),
    installationId: query.get('installation_id'),
    isRequest: query.get('setup_action') === 'request',
    error: query.get('error'),
  };
}

/** The GitHub App of the instance, and the team's installations of it. */
export class GithubApp extends LiveResource<GithubIntegration> {
  readonly #api: Calls;

  constructor(api: Calls, page?: PageLifecycle) {
    super({
      load: (signal) => api.github.get({ signal }),
      pauseAfter: () => null,
      ...(page && { page }),
    });
    this.#api = api;
  }

  /** The form that registers the App at GitHub. Throws an AppFluxError. */
  manifest(options: CreateGithubManifest): Promise<GithubManifest> {
    return this.#api.github.manifest(options);
  }

  /** Where someone installs the App, or connects an installation. Throws an AppFluxError. */
  installation() {
    return this.#api.github.start();
  }

  /** Completes what someone did at GitHub. Returns what to tell them. Throws an AppFluxError. */
  async complete({ step, code, state, installationId }: GithubReturn): Promise<string> {
    if (code === null || state === null) return 'Nothing was changed at GitHub.';
    if (step === 'created') {
      const { name } = await this.#api.github.registerApp({ code, state });
      await this.refresh();
      return `${name} is registered. Install it on the accounts whose repositories you deploy.`;
    }
    const connected = await this.#api.github.connect({
      code,
      state,
      ...(installationId !== null && { installationId }),
    });
    await this.refresh();
    const accounts = connected.map(({ account }) => account).join(', ');
    return accounts === '' ? 'GitHub has no installation that you can connect.' : `Connected: ${accounts}.`;
  }

  /** Throws an AppFluxError. */
  async disconnect(id: string): Promise<void> {
    await this.#api.github.disconnect(id);
    await this.refresh();
  }

  /** Throws an AppFluxError. */
  async removeApp(): Promise<void> {
    await this.#api.github.removeApp();
    await this.refresh();
  }
}
