import type { SourceCredentialStore } from '../source-credentials.ts';
import { text } from './columns.ts';
import type { Database } from './database.ts';

export function createSourceCredentialStore(database: Database): SourceCredentialStore {
  return {
    async get(appId) {
      const row = await database.first('SELECT sealed FROM source_credentials WHERE app_id = ?', appId);
      return row && text(row, 'sealed');
    },

    async set(appId, sealed) {
      await database.run(
        `INSERT INTO source_credentials (app_id, sealed) SELECT id, ? FROM apps WHERE id = ?
         ON CONFLICT (app_id) DO UPDATE SET sealed = excluded.sealed`,
        sealed,
        appId,
      );
    },

    async delete(appId) {
      return (await database.run('DELETE FROM source_credentials WHERE app_id = ?', appId)) > 0;
    },

    async reseal(appId, from, to) {
      const changed = await database.run(
        'UPDATE source_credentials SET sealed = ? WHERE app_id = ? AND sealed = ?',
        to,
        appId,
        from,
      );
      return changed > 0;
    },
  };
}
