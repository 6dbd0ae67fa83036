import { allItems, type ClientPart } from '@appflux/client';
import type { CreatedInvitation, Invitation, Member, Role } from '@appflux/protocol';
import { Live } from '#lib/live/live.svelte.ts';
import type { PageLifecycle } from '#lib/live/page-lifecycle.ts';

type Calls = ClientPart<{
  team: 'members' | 'updateMember' | 'deleteMember';
  invitations: 'list' | 'create' | 'delete';
}>;

/** The members of the team, and its open invitations. */
export class People {
  readonly #api: Calls;
  readonly #live: Live<{ members: Member[]; invitations: Invitation[] }>;

  /** `manages` returns whether the user may see invitations. */
  constructor(api: Calls, manages: () => boolean, page?: PageLifecycle) {
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

  /** In the order of joining; null until loaded. */
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

  /** Creates an invitation and returns its link, which is also sent to `email` unless empty. Throws an AppFluxError. */
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
