import { AppFluxError } from '@appflux/protocol';
import type { Db, UpdateFilter } from 'mongodb';
import type { MemberRecord, MemberStore } from '../metadata.ts';
import { is, Records } from './database.ts';
import type { Document } from './documents.ts';

export function createMemberStore(db: Db): MemberStore {
  const members = new Records<MemberRecord>(db, 'members');
  const teams = new Records<{ id: string; owners: string[] }>(db, 'teams');
  const inTeam = (teamId: string, userId: string) => ({ teamId: is(teamId), userId: is(userId) });

  async function addOwner(teamId: string, userId: string): Promise<void> {
    await teams.insert({ id: teamId, owners: [] });
    await teams.update(teams.key(teamId), { $addToSet: { owners: userId } });
  }

  /**
   * Takes somebody out of the team's owners, unless nobody would be left: one document decides, in one step, so
   * that of two owners who go at the same time one stays. It comes before the member's own record is changed: what
   * breaks off in between leaves an owner who can go on being one, never a team without.
   */
  async function removeOwner(teamId: string, userId: string): Promise<void> {
    const { matchedCount } = await teams.documents.updateOne(
      { ...teams.key(teamId), $or: [{ owners: { $ne: userId } }, { 'owners.1': { $exists: true } }] },
      // The driver's types know no member of a document that has any.
      { $pullAll: { owners: [userId] } } as unknown as UpdateFilter<Document>,
    );
    if (matchedCount === 0) {
      throw new AppFluxError('last_owner', 'A team needs an owner', {
        hint: 'Make someone else an owner first.',
      });
    }
  }

  return {
    async insert(member) {
      const inserted = await members.insert(member);
      if (inserted && member.role === 'owner') await addOwner(member.teamId, member.userId);
      return inserted;
    },

    find: (teamId, userId) => members.first(inTeam(teamId, userId)),
    list: (teamId, page) => members.page({ teamId: is(teamId) }, page),
    count: (teamId) => members.documents.countDocuments({ teamId: is(teamId) }),
    ofUser: (userId) => members.all({ userId: is(userId) }, { createdAt: 1, _id: 1 }, 100),

    async setRole(teamId, userId, role) {
      const member = await members.first(inTeam(teamId, userId));
      if (member === null) return null;
      if (member.role === 'owner' && role !== 'owner') await removeOwner(teamId, userId);
      const changed = await members.update(inTeam(teamId, userId), { $set: { role } });
      if (changed?.role === 'owner') await addOwner(teamId, userId);
      return changed;
    },

    async setEmail(userId, email) {
      await members.documents.updateMany({ userId: is(userId) }, { $set: { email } });
    },

    async delete(teamId, userId) {
      const member = await members.first(inTeam(teamId, userId));
      if (member === null) return false;
      if (member.role === 'owner') await removeOwner(teamId, userId);
      return (await members.remove(inTeam(teamId, userId))) > 0;
    },

    async deleteTeam(teamId) {
      await members.remove({ teamId: is(teamId) });
      await teams.remove(teams.key(teamId));
    },
  };
}
