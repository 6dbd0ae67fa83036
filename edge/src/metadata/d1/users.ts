import type { UserRecord, UserStore } from '../metadata.ts';
import { text } from './columns.ts';
import type { Database, Row } from './database.ts';

/** Rows are numbered as they come, so the first user stays the first whatever their clocks said. */
const OWNER = 'SELECT * FROM users ORDER BY rowid LIMIT 1';

export function createUserStore(database: Database): UserStore {
  return {
    async insert(user) {
      await database.run(
        'INSERT INTO users (id, email, created_at) VALUES (?, ?, ?)',
        user.id,
        user.email,
        user.createdAt,
      );
    },

    async byId(id) {
      const row = await database.first('SELECT * FROM users WHERE id = ?', id);
      return row && toUser(row);
    },

    async owner() {
      const row = await database.first(OWNER);
      return row && toUser(row);
    },

    async keepOwner(user) {
      const [, owner] = await database.batch([
        {
          sql: `INSERT INTO users (id, email, created_at)
                SELECT ?, ?, ? WHERE NOT EXISTS (SELECT 1 FROM users)`,
          values: [user.id, user.email, user.createdAt],
        },
        { sql: OWNER, values: [] },
      ]);
      const row = owner?.rows[0];
      if (!row) throw new Error('A user that was just written is not there');
      return toUser(row);
    },
  };
}

const toUser = (row: Row): UserRecord => ({
  id: text(row, 'id'),
  email: text(row, 'email'),
  createdAt: text(row, 'created_at'),
});
