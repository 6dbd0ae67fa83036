import { AppFluxError } from '@appflux/protocol';
import type { Db } from 'mongodb';
import type { UserRecord, UserStore } from '../metadata.ts';
import { is, isDuplicate, Records } from './database.ts';

/** The name of the document that says who came first. */
const OWNER = 'owner';

export function createUserStore(db: Db): UserStore {
  const users = new Records<UserRecord>(db, 'users');
  const instance = new Records<{ name: string; user: UserRecord }>(db, 'instance');

  async function insert(user: UserRecord): Promise<void> {
    if (!(await users.insert(user))) throw await taken(user.id, user);
    // The first user stays the first, whatever the clocks said.
    await instance.insert({ name: OWNER, user });
  }

  /** Why a user could not be written. Servers say it in words of their own, so it is looked up. */
  async function taken(id: string, { email }: Partial<UserRecord>, cause?: unknown): Promise<AppFluxError> {
    const other = email === undefined ? null : await users.first({ email: is(email) });
    if (other !== null && other.id !== id)
      return new AppFluxError('email_taken', 'This email is already in use', { cause });
    return new AppFluxError('identity_taken', 'This GitHub account is already linked to a user', { cause });
  }

  async function owner(): Promise<UserRecord | null> {
    const first = await instance.first(instance.key(OWNER));
    return first && users.first(users.key(first.user.id));
  }

  return {
    insert,
    owner,
    byId: (id) => users.first(users.key(id)),
    byEmail: (email) => users.first({ email: is(email) }),
    byGithubId: (githubId) => users.first({ githubId: is(githubId) }),

    async update(id, change) {
      try {
        return await users.change(id, change);
      } catch (error) {
        if (isDuplicate(error)) throw await taken(id, change, error);
        throw error;
      }
    },

    async delete(id) {
      const first = await instance.first(instance.key(OWNER));
      return first?.user.id !== id && (await users.remove(users.key(id))) > 0;
    },

    async keepOwner(user) {
      const { user: first } = await instance.keep(OWNER, { name: OWNER, user });
      // Named before it is written: a start that breaks off in between goes on with the same user.
      return users.keep(first.id, first);
    },
  };
}
