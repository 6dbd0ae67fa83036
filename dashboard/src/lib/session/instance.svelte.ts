import type { AppFluxError, InstanceConfig } from '@appflux/protocol';
import { toError } from '#lib/api/to-error.ts';

/**
 * How people sign in to this instance: with the edge's own issuer or with a Supabase project. It is asked once, before
 * anybody is signed in; what needs the answer waits for it.
 */
export class Instance<Client> {
  readonly #load: () => Promise<InstanceConfig>;
  readonly #connect: (auth: InstanceConfig['auth']) => Client;
  readonly #client = Promise.withResolvers<Client>();
  #auth = $state.raw<InstanceConfig['auth'] | null>(null);
  #error = $state.raw<AppFluxError | null>(null);

  constructor(load: () => Promise<InstanceConfig>, connect: (auth: InstanceConfig['auth']) => Client) {
    this.#load = load;
    this.#connect = connect;
  }

  /** Null until it is known. */
  get auth(): InstanceConfig['auth'] | null {
    return this.#auth;
  }

  /** Why it is not known; `ask` tries again. */
  get error(): AppFluxError | null {
    return this.#error;
  }

  /** The client of whoever keeps the people. */
  get client(): Promise<Client> {
    return this.#client.promise;
  }

  /** Asks how people sign in; again when that did not work. */
  async ask(): Promise<void> {
    this.#error = null;
    try {
      const { auth } = await this.#load();
      this.#client.resolve(this.#connect(auth));
      this.#auth = auth;
    } catch (caught) {
      this.#error = toError(caught);
    }
  }
}
