import { AppFluxError } from '@appflux/protocol';
import type { UserRecord, UserStore } from '../metadata.ts';
import { text, textOrNull } from './columns.ts';
import type { Database, Row, Value } from './database.ts';
import { type Columns, updateRow } from './update.ts';

/** Rows are numbered as they come, so the first user stays the first whatever their clocks said. */
const OWNER = 'SELECT * FROM users ORDER BY rowid LIMIT 1';

const INSERT = 'INSERT INTO users (id, email, password_hash, github_id, created_at)';

const CHANGEABLE: Columns<Partial<Pick<UserRecord, 'email' | 'passwordHash' | 'githubId'>>> = {
  email: { column: 'email', keep: (email) => email },
  passwordHash: { column: 'password_hash', keep: (hash) => hash },
  githubId: { column: 'github_id', keep: (githubId) => githubId },
};

const valuesOf = (user: UserRecord): Value[] => [
  user.id,
  user.email,
  user.passwordHash,
  user.githubId,
  user.createdAt,
];

export function createUserStore(database: Database): UserStore {
  return {
    async insert(user) {
      await unlessTaken(() => database.run(`${INSERT} VALUES (?, ?, ?, ?, ?)`, ...valuesOf(user)));
    },

    async byId(id) {
      const row = await database.first('SELECT * FROM users WHERE id = ?', id);
      return row && toUser(row);
    },

    async byEmail(email) {
      const row = await database.first('SELECT * FROM users WHERE email = ?', email);
      return row && toUser(row);
    },

    async byGithubId(githubId) {
      const row = await database.first('SELECT * FROM users WHERE github_id = ?', githubId);
      return row && toUser(row);
    },

    async update(id, change) {
      const row = await unlessTaken(() => updateRow(database, 'users', id, change, CHANGEABLE));
      return row && toUser(row);
    },

    async delete(id) {
      const deleted = await database.run(
        'DELETE FROM users WHERE id = ? AND rowid > (SELECT min(rowid) FROM users)',
        id,
      );
      return deleted > 0;
    },

    async owner() {
      const row = await database.first(OWNER);
      return row && toUser(row);
    },

    async keepOwner(user) {
      const [, owner] = await database.batch([
        {
          sql: `${INSERT} SELECT ?, ?, ?, ?, ? WHERE NOT EXISTS (SELECT 1 FROM users)`,
          values: valuesOf(user),
        },
        { sql: OWNER, values: [] },
      ]);
      const row = owner?.rows[0];
      if (!row) throw new Error('A user that was just written is not there');
      return toUser(row);
    },
  };
}

/** Writes a user; what somebody else has already becomes the refusal that says which. */
async function unlessTaken<Result>(write: () => Promise<Result>): Promise<Result> {
  try {
    return await write();
  } catch (cause) {
    const error = String(cause);
    if (error.includes('UNIQUE constraint failed: users.email'))
      throw new AppFluxError('email_taken', 'This email is already in use', { cause });
    if (error.includes('UNIQUE constraint failed: users.github_id'))
      throw new AppFluxError('identity_taken', 'This GitHub account is already linked to a user', { cause });
    throw cause;
  }
}

const toUser = (row: Row): UserRecord => ({
  id: text(row, 'id'),
  email: text(row, 'email'),
  passwordHash: textOrNull(row, 'password_hash'),
  githubId: textOrNull(row, 'github_id'),
  createdAt: text(row, 'created_at'),
});
