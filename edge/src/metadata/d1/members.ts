import { AppFluxError, type Role } from '@appflux/protocol';
import type { MemberRecord, MemberStore } from '../metadata.ts';
import { number, text, textOrNull } from './columns.ts';
import type { Database, Row } from './database.ts';
import { listPage } from './list.ts';

const OF_USER = 'SELECT * FROM members WHERE team_id = ? AND user_id = ?';

/** That the row is not its team's last owner. Takes the row's own columns, so it needs no values. */
const LEAVES_AN_OWNER = `(role <> 'owner' OR EXISTS (
  SELECT 1 FROM members AS other
  WHERE other.team_id = members.team_id AND other.user_id <> members.user_id AND other.role = 'owner'
))`;

export function createMemberStore(database: Database): MemberStore {
  return {
    async insert(member) {
      const inserted = await database.run(
        `INSERT INTO members (id, team_id, user_id, email, role, joined_by, created_at)
         VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (team_id, user_id) DO NOTHING`,
        member.id,
        member.teamId,
        member.userId,
        member.email,
        member.role,
        member.joinedBy,
        member.createdAt,
      );
      return inserted > 0;
    },

    async find(teamId, userId) {
      const row = await database.first(OF_USER, teamId, userId);
      return row && toMember(row);
    },

    list: (teamId, page) => listPage(database, 'members', { team_id: teamId }, page, toMember),

    async count(teamId) {
      const row = await database.first('SELECT count(*) AS members FROM members WHERE team_id = ?', teamId);
      return row === null ? 0 : number(row, 'members');
    },

    async ofUser(userId) {
      const rows = await database.all(
        'SELECT * FROM members WHERE user_id = ? ORDER BY created_at, id LIMIT 100',
        userId,
      );
      return rows.map(toMember);
    },

    async setRole(teamId, userId, role) {
      const [changed, found] = await database.batch([
        {
          sql: `UPDATE members SET role = ?1
                WHERE team_id = ?2 AND user_id = ?3 AND (?1 = 'owner' OR ${LEAVES_AN_OWNER}) RETURNING *`,
          values: [role, teamId, userId],
        },
        { sql: OF_USER, values: [teamId, userId] },
      ]);
      const row = changed?.rows[0];
      if (row) return toMember(row);
      if (found?.rows[0]) throw lastOwner();
      return null;
    },

    async setEmail(userId, email) {
      await database.run('UPDATE members SET email = ? WHERE user_id = ?', email, userId);
    },

    async delete(teamId, userId) {
      const [deleted, found] = await database.batch([
        {
          sql: `DELETE FROM members WHERE team_id = ? AND user_id = ? AND ${LEAVES_AN_OWNER}`,
          values: [teamId, userId],
        },
        { sql: OF_USER, values: [teamId, userId] },
      ]);
      if (found?.rows[0]) throw lastOwner();
      return (deleted?.changes ?? 0) > 0;
    },

    async deleteTeam(teamId) {
      await database.run('DELETE FROM members WHERE team_id = ?', teamId);
    },
  };
}

const lastOwner = () =>
  new AppFluxError('last_owner', 'A team needs an owner', {
    hint: 'Make someone else an owner first.',
  });

const toMember = (row: Row): MemberRecord => ({
  id: text(row, 'id'),
  teamId: text(row, 'team_id'),
  userId: text(row, 'user_id'),
  email: text(row, 'email'),
  role: text(row, 'role') as Role,
  joinedBy: textOrNull(row, 'joined_by'),
  createdAt: text(row, 'created_at'),
});
