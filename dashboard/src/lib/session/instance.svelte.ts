import type { AppFluxError, InstanceConfig } from '@appflux/protocol';
import { z } from 'zod';
import { toError } from '#lib/api/to-error.ts';

type Auth = InstanceConfig['auth'];

/** What a Supabase project allows. Only the project has these settings. */
export const ProjectSettings = z
  .looseObject({ external: z.looseObject({ github: z.boolean() }), disable_signup: z.boolean() })
  .transform(({ external, disable_signup }) => ({ github: external.github, signUps: !disable_signup }));
export type ProjectSettings = z.infer<typeof ProjectSettings>;

/** Loads the instance's configuration, a client of its issuer, and the settings of a Supabase project. */
export interface InstanceSources<Client> {
  config: () => Promise<InstanceConfig>;
  connect: (auth: Auth) => Client;
  settings: (auth: Auth) => Promise<ProjectSettings>;
}

/**
 * How users sign in to this instance: with the edge's own issuer or with a Supabase project. Loaded once, before
 * sign-in; `client` waits for it.
 */
export class Instance<Client> {
  readonly #sources: InstanceSources<Client>;
  readonly #client = Promise.withResolvers<Client>();
  #auth = $state.raw<Auth | null>(null);
  #settings = $state.raw<ProjectSettings | null>(null);
  #mail = $state(false);
  #error = $state.raw<AppFluxError | null>(null);

  constructor(sources: InstanceSources<Client>) {
    this.#sources = sources;
  }

  /** Null until it is loaded. */
  get auth(): Auth | null {
    return this.#auth;
  }

  /** Whether the instance sends email itself; false until loaded. */
  get mail(): boolean {
    return this.#mail;
  }

  /** Whether users can sign in with GitHub; false until loaded. */
  get github(): boolean {
    if (this.#auth === null) return false;
    return this.#auth.issuer === 'embedded' ? this.#auth.github : (this.#settings?.github ?? false);
  }

  /** Whether the issuer creates accounts for admitted users; true until loaded. */
  get createsAccounts(): boolean {
    return this.#settings?.signUps ?? true;
  }

  /** Why it could not be loaded; `load` tries again. */
  get error(): AppFluxError | null {
    return this.#error;
  }

  /** The client of the issuer. */
  get client(): Promise<Client> {
    return this.#client.promise;
  }

  /** Loads how people sign in. */
  async load(): Promise<void> {
    this.#error = null;
    try {
      const { auth, mail } = await this.#sources.config();
      this.#client.resolve(this.#sources.connect(auth));
      this.#auth = auth;
      this.#mail = mail;
      if (auth.issuer === 'supabase') this.#settings = await this.#settingsOf(auth);
    } catch (caught) {
      this.#error = toError(caught);
    }
  }

  /** If the settings can't be loaded, assumes that everything is allowed: the project itself refuses the rest. */
  #settingsOf(auth: Auth): Promise<ProjectSettings> {
    return this.#sources.settings(auth).catch(() => ({ github: true, signUps: true }));
  }
}
