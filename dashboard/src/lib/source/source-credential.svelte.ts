import type { ClientPart } from '@appflux/client';
import type { SourceCredential } from '@appflux/protocol';
import { toError } from '#lib/api/to-error.ts';
import { Live } from '#lib/live/live.svelte.ts';
import type { PageLifecycle } from '#lib/live/page-lifecycle.ts';
import type { CredentialForm } from './credential-form.svelte.ts';

type Calls = ClientPart<{ sourceCredential: 'get' | 'set' | 'createKey' | 'delete' }>;

/** The credential that an app's repository is fetched with. */
export class AppCredential {
  readonly #api: Calls;
  readonly #slug: string;
  readonly #live: Live<{ credential: SourceCredential | null }>;

  constructor(slug: string, api: Calls, page?: PageLifecycle) {
    this.#api = api;
    this.#slug = slug;
    this.#live = new Live({
      load: async (signal) => ({ credential: await api.sourceCredential.get(slug, { signal }) }),
      pauseAfter: () => null,
      ...(page && { page }),
    });
  }

  /** Null if there is none; undefined until loaded. */
  get value(): SourceCredential | null | undefined {
    return this.#live.value?.credential;
  }

  get error() {
    return this.#live.error;
  }

  start(): () => void {
    return this.#live.start();
  }

  refresh(): Promise<void> {
    return this.#live.refresh();
  }

  /** Saves what the form has, or generates a key pair. Throws an AppFluxError. */
  async save(form: CredentialForm): Promise<void> {
    const credential = form.toCredential();
    try {
      if (form.choice === 'generate')
        await this.#api.sourceCredential.createKey(this.#slug, form.toKeyRequest());
      else if (credential !== null) await this.#api.sourceCredential.set(this.#slug, credential);
    } catch (error) {
      form.refuse(toError(error));
      throw error;
    }
    form.clear();
    await this.refresh();
  }

  /** Throws an AppFluxError. */
  async delete(): Promise<void> {
    await this.#api.sourceCredential.delete(this.#slug);
    await this.refresh();
  }
}
