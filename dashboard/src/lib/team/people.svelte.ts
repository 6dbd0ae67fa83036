import { allItems, type ClientPart } from '@appflux/client';
import type { CreatedInvitation, Invitation, Member, Role } from '@appflux/protocol';
import { Live } from '#lib/live/live.svelte.ts';
import type { PageLife } from '#lib/live/page-life.ts';

type Calls = ClientPart<{
  team: 'members' | 'updateMember' | 'deleteMember';
  invitations: 'list' | 'create' | 'delete';
}>;

/** The members of the team, and the invitations that nobody has taken yet. */
export class People {
  readonly #api: Calls;
  readonly #live: Live<{ members: Member[]; invitations: Invitation[] }>;

  /** `manages` says whether invitations may be seen. */
  constructor(api: Calls, manages: () => boolean, page?: PageLife) {
    this.#api = api;
    this.#live = new Live({
      load: async (signal) => ({
        members: (await allItems((query) => api.team.members(query, { signal }))).reverse(),
        invitations: manages() ? await allItems((query) => api.invitations.list(query, { signal })) : [],
      }),
      pauseAfter: () => null,
      ...(page && { page }),
    });
  }

  /** Null until the first answer; who joined first comes first. */
  get members(): Member[] | null {
    return this.#live.value?.members ?? null;
  }

  get invitations(): Invitation[] {
    return this.#live.value?.invitations ?? [];
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

  /** Throws an AppFluxError. */
  async setRole(userId: string, role: Role): Promise<void> {
    try {
      await this.#api.team.updateMember(userId, role);
    } finally {
      await this.refresh();
    }
  }

  /** Throws an AppFluxError. */
  async remove(userId: string): Promise<void> {
    await this.#api.team.deleteMember(userId);
    await this.refresh();
  }

  /** Its link is in the answer, and is sent to `email` unless that is empty. Throws an AppFluxError. */
  async invite(role: Role, note: string, email = ''): Promise<CreatedInvitation> {
    const created = await this.#api.invitations.create({ role, note, ...(email !== '' && { email }) });
    await this.refresh();
    return created;
  }

  /** Throws an AppFluxError. */
  async revoke(id: string): Promise<void> {
    await this.#api.invitations.delete(id);
    await this.refresh();
  }
}
