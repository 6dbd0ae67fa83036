import type { ExecutorKind } from '@appflux/protocol';
import type { RunnerChange, RunnerRecord, RunnerStore } from '../metadata.ts';
import { flag, fromFlag, json, number, numberOrNull, text, textOrNull } from './columns.ts';
import type { Database, Row } from './database.ts';
import { listPage, newestFirst } from './list.ts';
import { type Columns, updateRow } from './update.ts';

const CHANGEABLE: Columns<RunnerChange> = {
  name: { column: 'name', keep: (name) => name },
  labels: { column: 'labels', keep: (labels) => JSON.stringify(labels) },
  slots: { column: 'slots', keep: (slots) => slots },
  executor: { column: 'executor', keep: (executor) => executor },
  version: { column: 'version', keep: (version) => version },
  draining: { column: 'draining', keep: fromFlag },
  lastSeenAt: { column: 'last_seen_at', keep: (lastSeenAt) => lastSeenAt },
  refusedProtocol: { column: 'refused_protocol', keep: (protocol) => protocol },
};

export function createRunnerStore(database: Database): RunnerStore {
  return {
    async insert(runner) {
      await database.run(
        `INSERT INTO runners
           (id, owner_id, name, labels, slots, executor, ephemeral, version, credential_hash, draining, last_seen_at,
            refused_protocol, created_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        runner.id,
        runner.ownerId,
        runner.name,
        JSON.stringify(runner.labels),
        runner.slots,
        runner.executor,
        fromFlag(runner.ephemeral),
        runner.version,
        runner.credentialHash,
        fromFlag(runner.draining),
        runner.lastSeenAt,
        runner.refusedProtocol,
        runner.createdAt,
      );
    },

    async byId(id) {
      const row = await database.first('SELECT * FROM runners WHERE id = ?', id);
      return row && toRunner(row);
    },

    async byCredentialHash(hash) {
      const row = await database.first('SELECT * FROM runners WHERE credential_hash = ?', hash);
      return row && toRunner(row);
    },

    async count(ownerId) {
      const row = await database.first('SELECT count(*) AS runners FROM runners WHERE owner_id = ?', ownerId);
      return row === null ? 0 : number(row, 'runners');
    },

    async list(ownerId) {
      const rows = await database.all(
        `SELECT * FROM runners WHERE owner_id = ? ORDER BY ${newestFirst('runners')}`,
        ownerId,
      );
      return rows.map(toRunner);
    },

    page: (ownerId, page) => listPage(database, 'runners', { owner_id: ownerId }, page, toRunner),

    async ephemeralUnseen(since, limit) {
      const rows = await database.all(
        `SELECT * FROM runners WHERE ephemeral = 1 AND coalesce(last_seen_at, created_at) < ?
         ORDER BY coalesce(last_seen_at, created_at), id LIMIT ?`,
        since,
        limit,
      );
      return rows.map(toRunner);
    },

    async update(id, change) {
      const row = await updateRow(database, 'runners', id, change, CHANGEABLE);
      return row && toRunner(row);
    },

    async delete(id) {
      return (await database.run('DELETE FROM runners WHERE id = ?', id)) > 0;
    },
  };
}

function toRunner(row: Row): RunnerRecord {
  return {
    id: text(row, 'id'),
    ownerId: text(row, 'owner_id'),
    name: text(row, 'name'),
    labels: json<string[]>(row, 'labels'),
    slots: number(row, 'slots'),
    executor: textOrNull(row, 'executor') as ExecutorKind | null,
    ephemeral: flag(row, 'ephemeral'),
    version: text(row, 'version'),
    credentialHash: text(row, 'credential_hash'),
    draining: flag(row, 'draining'),
    lastSeenAt: textOrNull(row, 'last_seen_at'),
    refusedProtocol: numberOrNull(row, 'refused_protocol'),
    createdAt: text(row, 'created_at'),
  };
}
