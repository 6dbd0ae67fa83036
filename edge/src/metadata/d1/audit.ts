import type { AuditRecord, AuditStore } from '../metadata.ts';
import { json } from './columns.ts';
import type { Database } from './database.ts';
import { listPage } from './list.ts';

export function createAuditStore(database: Database): AuditStore {
  return {
    async append(record) {
      await database.run(
        'INSERT INTO audit (id, owner_id, record) VALUES (?, ?, ?)',
        record.id,
        record.ownerId,
        JSON.stringify(record),
      );
    },

    async deleteOf(ownerId) {
      await database.run('DELETE FROM audit WHERE owner_id = ?', ownerId);
    },

    list: (ownerId, page) =>
      listPage(database, 'audit', { owner_id: ownerId }, page, (row) => json<AuditRecord>(row, 'record')),
  };
}
