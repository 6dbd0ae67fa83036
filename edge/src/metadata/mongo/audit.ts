import type { Db } from 'mongodb';
import type { AuditRecord, AuditStore } from '../metadata.ts';
import { is, Records } from './database.ts';

export function createAuditStore(db: Db): AuditStore {
  const audit = new Records<AuditRecord>(db, 'audit');

  return {
    async append(record) {
      if (!(await audit.insert(record)))
        throw new Error(`There is an entry with the id ${record.id} already`);
    },
    async deleteOf(ownerId) {
      await audit.remove({ ownerId: is(ownerId) });
    },
    list: (ownerId, page) => audit.page({ ownerId: is(ownerId) }, page),
  };
}
