import type { AppFluxError, InstanceConfig } from '@appflux/protocol';
import { z } from 'zod';
import { toError } from '#lib/api/to-error.ts';

type Auth = InstanceConfig['auth'];

/** What a Supabase project allows. Only the project knows. */
export const ProjectSettings = z
  .looseObject({ external: z.looseObject({ github: z.boolean() }), disable_signup: z.boolean() })
  .transform(({ external, disable_signup }) => ({ github: external.github, signUps: !disable_signup }));
export type ProjectSettings = z.infer<typeof ProjectSettings>;

/** How the instance is reached: its configuration, a client of the issuer, and the settings of a Supabase project. */
export interface Reach<Client> {
  config: () => Promise<InstanceConfig>;
  connect: (auth: Auth) => Client;
  settings: (auth: Auth) => Promise<ProjectSettings>;
}

/**
 * How people sign in to this instance: with the edge's own issuer or with a Supabase project. It is loaded once, before
 * anybody is signed in; what needs the answer waits for it.
 */
export class Instance<Client> {
  readonly #reach: Reach<Client>;
  readonly #client = Promise.withResolvers<Client>();
  #auth = $state.raw<Auth | null>(null);
  #settings = $state.raw<ProjectSettings | null>(null);
  #mail = $state(false);
  #error = $state.raw<AppFluxError | null>(null);

  constructor(reach: Reach<Client>) {
    this.#reach = reach;
  }

  /** Null until it is loaded. */
  get auth(): Auth | null {
    return this.#auth;
  }

  /** Whether the instance sends mail itself; false until that is known. */
  get mail(): boolean {
    return this.#mail;
  }

  /** Whether GitHub can sign people in; false until it is known. */
  get github(): boolean {
    if (this.#auth === null) return false;
    return this.#auth.issuer === 'embedded' ? this.#auth.github : (this.#settings?.github ?? false);
  }

  /** Whether the issuer creates accounts, for whoever is admitted; true until the contrary is known. */
  get createsAccounts(): boolean {
    return this.#settings?.signUps ?? true;
  }

  /** Why it could not be loaded; `ask` tries again. */
  get error(): AppFluxError | null {
    return this.#error;
  }

  /** The client of the issuer. */
  get client(): Promise<Client> {
    return this.#client.promise;
  }

  /** Loads how people sign in. */
  async ask(): Promise<void> {
    this.#error = null;
    try {
      const { auth, mail } = await this.#reach.config();
      this.#client.resolve(this.#reach.connect(auth));
      this.#auth = auth;
      this.#mail = mail;
      if (auth.issuer === 'supabase') this.#settings = await this.#settingsOf(auth);
    } catch (caught) {
      this.#error = toError(caught);
    }
  }

  /** A project that can't be asked now is taken to allow everything: it says no when something is tried. */
  #settingsOf(auth: Auth): Promise<ProjectSettings> {
    return this.#reach.settings(auth).catch(() => ({ github: true, signUps: true }));
  }
}
