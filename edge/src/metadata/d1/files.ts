import type { Environment } from '@appflux/protocol';
import type { FileStore, SealedFile } from '../metadata.ts';
import { json, number, text } from './columns.ts';
import type { Database, Row } from './database.ts';

export function createFileStore(database: Database): FileStore {
  return {
    async set(appId, name, { size, environments, sealed }) {
      await database.run(
        `INSERT INTO app_files (app_id, name, size, environments, sealed)
         SELECT id, ?, ?, ?, ? FROM apps WHERE id = ?
         ON CONFLICT (app_id, name) DO UPDATE SET
           size = excluded.size, environments = excluded.environments, sealed = excluded.sealed`,
        name,
        size,
        JSON.stringify(environments),
        sealed,
        appId,
      );
    },

    async delete(appId, name) {
      return (await database.run('DELETE FROM app_files WHERE app_id = ? AND name = ?', appId, name)) > 0;
    },

    async list(appIds) {
      const files = new Map(appIds.map((id) => [id, [] as ReturnType<typeof toInfo>[]]));
      if (appIds.length === 0) return files;
      const rows = await database.all(
        `SELECT app_id, name, size, environments FROM app_files
         WHERE app_id IN (SELECT value FROM json_each(?)) ORDER BY name`,
        JSON.stringify(appIds),
      );
      for (const row of rows) files.get(text(row, 'app_id'))?.push(toInfo(row));
      return files;
    },

    async reseal(appId, name, from, to) {
      const changed = await database.run(
        'UPDATE app_files SET sealed = ? WHERE app_id = ? AND name = ? AND sealed = ?',
        to,
        appId,
        name,
        from,
      );
      return changed > 0;
    },

    async sealed(appId) {
      const rows = await database.all('SELECT * FROM app_files WHERE app_id = ? ORDER BY name', appId);
      return Object.fromEntries(rows.map((row) => [text(row, 'name'), toSealed(row)]));
    },
  };
}

const toInfo = (row: Row) => ({
  name: text(row, 'name'),
  size: number(row, 'size'),
  environments: json<Environment[]>(row, 'environments'),
});

const toSealed = (row: Row): SealedFile => ({
  size: number(row, 'size'),
  environments: json<Environment[]>(row, 'environments'),
  sealed: text(row, 'sealed'),
});
