import type { ClientPart } from '@appflux/client';
import type { AppFluxError, Me as MeAnswer, Team } from '@appflux/protocol';
import { toError } from '#lib/api/to-error.ts';

const KEPT = 'appflux.team';

/** The role of the person signed in, and the team that they act for; the choice is kept in this browser. */
export class Me {
  readonly #api: ClientPart<{ team: 'me' }>;
  readonly #storage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;
  #team = $state<string | null>(null);
  #known = $state.raw<MeAnswer | null>(null);
  #error = $state.raw<AppFluxError | null>(null);

  constructor(api: ClientPart<{ team: 'me' }>, storage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>) {
    this.#api = api;
    this.#storage = storage;
    this.#team = storage.getItem(KEPT);
  }

  /** The team that calls are made for; null leaves it to the server. */
  get team(): string | null {
    return this.#team;
  }

  /** Null until it is known. */
  get value(): MeAnswer | null {
    return this.#known;
  }

  get error(): AppFluxError | null {
    return this.#error;
  }

  get teams(): readonly Team[] {
    return this.#known?.teams ?? [];
  }

  /** Whether the person may do this; false as long as it is not known. */
  may(permission: string): boolean {
    return this.#known?.permissions.includes(permission) ?? false;
  }

  /** Why a control is not for them. */
  get reason(): string {
    return `Your role in this team (${this.#known?.role ?? 'unknown'}) doesn’t allow this.`;
  }

  async load(): Promise<void> {
    try {
      this.#known = await this.#api.team.me();
      this.#error = null;
    } catch (caught) {
      const error = toError(caught);
      // The team that was chosen here is gone, or the person is in it no longer.
      if (error.code === 'not_found' && this.#team !== null) {
        this.choose(null);
        await this.load();
      } else this.#error = error;
    }
  }

  /** Acts for another team from now on; null for the one that the server takes. */
  choose(team: string | null): void {
    this.#team = team;
    if (team === null) this.#storage.removeItem(KEPT);
    else this.#storage.setItem(KEPT, team);
  }

  /** Somebody else signs in next. */
  forget(): void {
    this.choose(null);
    this.#known = null;
    this.#error = null;
  }
}
