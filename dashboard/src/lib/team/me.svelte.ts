import type { ClientPart } from '@appflux/client';
import type { AppFluxError, Me as MeAnswer, Team } from '@appflux/protocol';
import { toError } from '#lib/api/to-error.ts';

const STORAGE_KEY = 'appflux.team';

/** The user's role and team. The chosen team is stored in this browser. */
export class Me {
  readonly #api: ClientPart<{ team: 'me' }>;
  readonly #storage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;
  #team = $state<string | null>(null);
  #me = $state.raw<MeAnswer | null>(null);
  #error = $state.raw<AppFluxError | null>(null);

  constructor(api: ClientPart<{ team: 'me' }>, storage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>) {
    this.#api = api;
    this.#storage = storage;
    this.#team = storage.getItem(STORAGE_KEY);
  }

  /** The team to act for; null lets the server choose. */
  get team(): string | null {
    return this.#team;
  }

  /** Null until loaded. */
  get value(): MeAnswer | null {
    return this.#me;
  }

  get error(): AppFluxError | null {
    return this.#error;
  }

  get teams(): readonly Team[] {
    return this.#me?.teams ?? [];
  }

  /** Whether the user has a permission; false until loaded. */
  may(permission: string): boolean {
    return this.#me?.permissions.includes(permission) ?? false;
  }

  /** Why the user can't use something. */
  get reason(): string {
    return `Your role in this team (${this.#me?.role ?? 'unknown'}) doesn’t allow this. An admin of the team can change it.`;
  }

  async load(): Promise<void> {
    try {
      this.#me = await this.#api.team.me();
      this.#error = null;
    } catch (caught) {
      const error = toError(caught);
      // The chosen team was deleted, or the user is no longer a member.
      if (error.code === 'not_found' && this.#team !== null) {
        this.choose(null);
        await this.load();
      } else this.#error = error;
    }
  }

  /** Switches to a team; null lets the server choose. */
  choose(team: string | null): void {
    this.#team = team;
    if (team === null) this.#storage.removeItem(STORAGE_KEY);
    else this.#storage.setItem(STORAGE_KEY, team);
  }

  /** Clears everything, for the next user who signs in. */
  clear(): void {
    this.choose(null);
    this.#me = null;
    this.#error = null;
  }
}
