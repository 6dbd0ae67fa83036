import type { ClientPart } from '@appflux/client';
import {
  type Deployment,
  type ExpoSigningKey,
  type ExpoSigningKeyInput,
  isAppFluxError,
} from '@appflux/protocol';
import { LiveResource } from '#lib/live/live-resource.svelte.ts';
import type { PageLifecycle } from '#lib/live/page-lifecycle.ts';

type Calls = ClientPart<{ apps: 'expoSigningKey' | 'setExpoSigningKey' | 'deleteExpoSigningKey' }>;

/** Whether an app publishes updates of Expo apps, by its latest deployments. */
export const isExpo = (deployments: readonly Pick<Deployment, 'plan' | 'artifacts'>[]): boolean =>
  deployments.some(
    ({ plan, artifacts }) =>
      plan?.framework === 'expo' || artifacts.some(({ meta }) => meta.update === 'expo'),
  );

/** The key that signs updates of an Expo app; `key` is null if there is none. */
export class SigningKey extends LiveResource<{ key: ExpoSigningKey | null }> {
  readonly #api: Calls;
  readonly #slug: string;

  constructor(slug: string, api: Calls, page?: PageLifecycle) {
    super({
      load: async (signal) => ({ key: await keyOf(slug, api, signal) }),
      pauseAfter: () => null,
      ...(page && { page }),
    });
    this.#api = api;
    this.#slug = slug;
  }

  /** Replaces the key. Throws an AppFluxError. */
  async set(key: ExpoSigningKeyInput): Promise<void> {
    await this.#api.apps.setExpoSigningKey(this.#slug, key);
    await this.refresh();
  }

  /** Throws an AppFluxError. */
  async delete(): Promise<void> {
    await this.#api.apps.deleteExpoSigningKey(this.#slug);
    await this.refresh();
  }
}

async function keyOf(slug: string, { apps }: Calls, signal: AbortSignal): Promise<ExpoSigningKey | null> {
  try {
    return await apps.expoSigningKey(slug, { signal });
  } catch (error) {
    if (isAppFluxError(error) && error.code === 'not_found') return null;
    throw error;
  }
}
