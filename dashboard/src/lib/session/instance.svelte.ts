import type { AppFluxError, InstanceConfig } from '@appflux/protocol';
import { memberOf } from '#lib/api/member.ts';
import { toError } from '#lib/api/to-error.ts';

type Auth = InstanceConfig['auth'];

/** What a Supabase project allows. Only the project has these settings. */
export interface ProjectSettings {
  /** Signing in with GitHub. */
  github: boolean;
  signUps: boolean;
}

/** Reads a project's answer. Throws a TypeError if it has another shape. */
export function projectSettings(answer: unknown): ProjectSettings {
  const github = memberOf(memberOf(answer, 'external'), 'github');
  const closed = memberOf(answer, 'disable_signup');
  if (typeof github !== 'boolean' || typeof closed !== 'boolean') {
    throw new TypeError('The settings of the Supabase project have an unknown format.');
  }
  return { github, signUps: !closed };
}

/** Loads the instance's configuration, a client of its issuer, and the settings of a Supabase project. */
export interface InstanceSources<Client> {
  config: () => Promise<InstanceConfig>;
  connect: (auth: Auth) => Client | Promise<Client>;
  settings: (auth: Auth) => Promise<ProjectSettings>;
}

/**
 * How users sign in to this instance: with the edge's own issuer or with a Supabase project.
 */
export class Instance<Client> {
  readonly #sources: InstanceSources<Client>;
  readonly #known = Promise.withResolvers<Auth>();
  #auth = $state.raw<Auth | null>(null);
  #settings = $state.raw<ProjectSettings | null>(null);
  #mail = $state(false);
  #servers = $state(false);
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

  /** Whether sites are published with a server; false until loaded. */
  get servers(): boolean {
    return this.#servers;
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

  /** Creates a client of the issuer, once it is known who that is. */
  async connect(): Promise<Client> {
    return this.#sources.connect(await this.#known.promise);
  }

  /** Loads how people sign in. */
  async load(): Promise<void> {
    this.#error = null;
    try {
      const { auth, mail, servers } = await this.#sources.config();
      this.#known.resolve(auth);
      this.#auth = auth;
      this.#mail = mail;
      this.#servers = servers ?? false;
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
