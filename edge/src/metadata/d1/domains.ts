import type { DomainRecord as DnsRecord } from '@appflux/protocol';
import type { DomainChange, DomainRecord, DomainStore } from '../domains.ts';
import { json, number, text, textOrNull } from './columns.ts';
import type { Database, Row, Statement } from './database.ts';
import { SITE_APP, toSiteApp } from './sites.ts';

/** The column of each member that changes. */
const COLUMNS: Record<keyof DomainChange, string> = {
  status: 'status',
  redirectTo: 'redirect_to',
  error: 'error',
  checkedAt: 'checked_at',
  nextCheckAt: 'next_check_at',
  hostnameId: 'hostname_id',
  hostnameRecords: 'hostname_records',
  pendingSince: 'pending_since',
};

export function createDomainStore(database: Database): DomainStore {
  const one = async (appId: string, host: string) => {
    const row = await database.first('SELECT * FROM domains WHERE host = ? AND app_id = ?', host, appId);
    return row && toDomain(row);
  };

  return {
    one,

    async insert(domain) {
      const added = await database.run(
        `INSERT INTO domains (host, app_id, owner_id, redirect_to, status, error, hostname_id, hostname_records,
           pending_since, checked_at, next_check_at, created_at)
         SELECT ?1, id, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12 FROM apps WHERE id = ?2
         ON CONFLICT (host, app_id) DO NOTHING`,
        domain.host,
        domain.appId,
        domain.ownerId,
        domain.redirectTo,
        domain.status,
        domain.error,
        domain.hostnameId,
        JSON.stringify(domain.hostnameRecords),
        domain.pendingSince,
        domain.checkedAt,
        domain.nextCheckAt,
        domain.createdAt,
      );
      return added > 0;
    },

    async list(appId) {
      const rows = await database.all('SELECT * FROM domains WHERE app_id = ? ORDER BY host', appId);
      return rows.map(toDomain);
    },

    async update(appId, host, change) {
      const statement = changeOf(appId, host, change);
      if (statement !== null) await database.run(statement.sql, ...(statement.values ?? []));
      return one(appId, host);
    },

    async activate(appId, host, change, reason) {
      const lost = await database.all(
        `SELECT app_id FROM domains WHERE host = ?1 AND app_id <> ?2 AND status = 'active'`,
        host,
        appId,
      );
      const activate = changeOf(appId, host, { ...change, status: 'active' });
      const isThere = 'EXISTS (SELECT 1 FROM domains WHERE host = ?1 AND app_id = ?2)';
      await database.batch([
        {
          sql: `UPDATE domains SET status = 'failed', error = ?3, hostname_id = NULL, next_check_at = NULL, pending_since = NULL
                WHERE host = ?1 AND app_id <> ?2 AND status = 'active' AND ${isThere}`,
          values: [host, appId, reason],
        },
        ...(activate === null ? [] : [activate]),
      ]);
      return (await one(appId, host)) && lost.map((row) => text(row, 'app_id'));
    },

    async remove(appId, host) {
      return (await database.run('DELETE FROM domains WHERE host = ? AND app_id = ?', host, appId)) > 0;
    },

    async active(host) {
      const row = await database.first(
        `SELECT ${SITE_APP}, domains.redirect_to FROM domains JOIN apps ON apps.id = domains.app_id
         WHERE domains.host = ? AND domains.status = 'active'`,
        host,
      );
      return row && { app: toSiteApp(row), redirectTo: textOrNull(row, 'redirect_to') };
    },

    async inactive(ownerId) {
      const rows = await database.all(
        `SELECT * FROM domains WHERE owner_id = ? AND status <> 'active' ORDER BY created_at DESC, host LIMIT 50`,
        ownerId,
      );
      return rows.map(toDomain);
    },

    async count(ownerId) {
      const row = await database.first('SELECT count(*) AS domains FROM domains WHERE owner_id = ?', ownerId);
      return row === null ? 0 : number(row, 'domains');
    },
  };
}

/** The statement that changes a domain; null for no change. */
function changeOf(appId: string, host: string, change: DomainChange): Statement | null {
  const changed = Object.entries(change) as [keyof DomainChange, unknown][];
  if (changed.length === 0) return null;
  const sets = changed.map(([member], index) => `${COLUMNS[member]} = ?${index + 3}`);
  const values = changed.map(([member, value]) =>
    member === 'hostnameRecords' ? JSON.stringify(value) : (value as string | null),
  );
  return {
    sql: `UPDATE domains SET ${sets.join(', ')} WHERE host = ?1 AND app_id = ?2`,
    values: [host, appId, ...values],
  };
}

const toDomain = (row: Row): DomainRecord => ({
  host: text(row, 'host'),
  appId: text(row, 'app_id'),
  ownerId: text(row, 'owner_id'),
  redirectTo: textOrNull(row, 'redirect_to'),
  status: text(row, 'status') as DomainRecord['status'],
  error: textOrNull(row, 'error'),
  hostnameId: textOrNull(row, 'hostname_id'),
  hostnameRecords: json<DnsRecord[]>(row, 'hostname_records'),
  pendingSince: textOrNull(row, 'pending_since'),
  checkedAt: textOrNull(row, 'checked_at'),
  nextCheckAt: textOrNull(row, 'next_check_at'),
  createdAt: text(row, 'created_at'),
});
