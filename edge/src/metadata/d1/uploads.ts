import type { UploadRecord, UploadStore } from '../metadata.ts';
import { flag, fromFlag, number, text, textOrNull } from './columns.ts';
import type { Database, Row } from './database.ts';

export function createUploadStore(database: Database): UploadStore {
  return {
    async insert(upload) {
      await database.run(
        `INSERT INTO uploads (id, owner_id, name, size, sha256, key, multipart_id, completed, created_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        upload.id,
        upload.ownerId,
        upload.name,
        upload.size,
        upload.sha256,
        upload.key,
        upload.multipartId,
        fromFlag(upload.completed),
        upload.createdAt,
      );
    },

    async byId(id) {
      const row = await database.first('SELECT * FROM uploads WHERE id = ?', id);
      return row && toUpload(row);
    },

    async complete(id) {
      await database.run('UPDATE uploads SET completed = 1 WHERE id = ?', id);
    },

    async delete(id) {
      await database.run('DELETE FROM uploads WHERE id = ?', id);
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
    createdAt: text(row, 'created_at'),
  };
}
