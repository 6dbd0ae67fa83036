import type { UploadRecord, UploadStore } from '../metadata.ts';
import { flag, fromFlag, json, number, text, textOrNull } from './columns.ts';
import type { Database, Row } from './database.ts';

/** That an upload was deployed as the App that the first value names. */
const IS_OF_APP = 'EXISTS (SELECT 1 FROM json_each(app_ids) WHERE value = ?1)';

export function createUploadStore(database: Database): UploadStore {
  return {
    async insert(upload) {
      await database.run(
        `INSERT INTO uploads (id, owner_id, name, size, sha256, key, multipart_id, completed, app_ids, created_at, used_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        upload.id,
        upload.ownerId,
        upload.name,
        upload.size,
        upload.sha256,
        upload.key,
        upload.multipartId,
        fromFlag(upload.completed),
        JSON.stringify(upload.appIds),
        upload.createdAt,
        upload.usedAt,
      );
    },

    async byId(id) {
      const row = await database.first('SELECT * FROM uploads WHERE id = ?', id);
      return row && toUpload(row);
    },

    async complete(id, { key, sha256 }) {
      await database.run(
        'UPDATE uploads SET completed = 1, key = ?, sha256 = ? WHERE id = ?',
        key,
        sha256,
        id,
      );
    },

    async touch(id, at) {
      return (
        (await database.run('UPDATE uploads SET used_at = ? WHERE id = ? AND completed = 1', at, id)) > 0
      );
    },

    async unused(after, usedBefore, limit) {
      const rows = await database.all(
        'SELECT * FROM uploads WHERE id > ? AND completed = 1 AND used_at < ? ORDER BY id LIMIT ?',
        after ?? '',
        usedBefore,
        limit,
      );
      return rows.map(toUpload);
    },

    async giveUp(id, usedBefore) {
      const given = await database.run(
        'UPDATE uploads SET completed = 0 WHERE id = ? AND completed = 1 AND used_at < ?',
        id,
        usedBefore,
      );
      return given > 0;
    },

    async use(id, appId, at) {
      const used = await database.run(
        `UPDATE uploads SET used_at = ?3,
           app_ids = CASE WHEN ${IS_OF_APP} THEN app_ids ELSE json_insert(app_ids, '$[#]', ?1) END
         WHERE id = ?2 AND completed = 1`,
        appId,
        id,
        at,
      );
      return used > 0;
    },

    async unuse(ids, appId) {
      await database.run(
        `UPDATE uploads SET app_ids =
           (SELECT json_group_array(value) FROM json_each(uploads.app_ids) WHERE value <> ?1)
         WHERE id IN (SELECT value FROM json_each(?2))`,
        appId,
        JSON.stringify(ids),
      );
    },

    async list(ownerId, appId) {
      const rows =
        appId === undefined
          ? await database.all('SELECT * FROM uploads WHERE owner_id = ? LIMIT 100', ownerId)
          : await database.all(
              `SELECT * FROM uploads WHERE ${IS_OF_APP} AND owner_id = ?2 LIMIT 100`,
              appId,
              ownerId,
            );
      return rows.map(toUpload);
    },

    async countBegun(ownerId) {
      const row = await database.first(
        'SELECT count(*) AS begun FROM uploads WHERE owner_id = ? AND completed = 0',
        ownerId,
      );
      return row === null ? 0 : number(row, 'begun');
    },

    async delete(ids) {
      await database.run(
        'DELETE FROM uploads WHERE id IN (SELECT value FROM json_each(?))',
        JSON.stringify(ids),
      );
    },

    async abandoned(createdBefore) {
      const rows = await database.all(
        'SELECT * FROM uploads WHERE completed = 0 AND created_at < ? ORDER BY created_at LIMIT 100',
        createdBefore,
      );
      return rows.map(toUpload);
    },
  };
}

function toUpload(row: Row): UploadRecord {
  return {
    id: text(row, 'id'),
    ownerId: text(row, 'owner_id'),
    name: text(row, 'name'),
    size: number(row, 'size'),
    sha256: textOrNull(row, 'sha256'),
    key: text(row, 'key'),
    multipartId: textOrNull(row, 'multipart_id'),
    completed: flag(row, 'completed'),
    appIds: json<string[]>(row, 'app_ids'),
    createdAt: text(row, 'created_at'),
    usedAt: textOrNull(row, 'used_at'),
  };
}
