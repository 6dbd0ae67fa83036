import type { Environment, HookKind, NotificationEvent } from '@appflux/protocol';
import type { HookChange, HookRecord, HookStore } from '../hooks.ts';
import { flag, fromFlag, json, number, text, textOrNull } from './columns.ts';
import type { Database, Row } from './database.ts';
import { type Columns, updateRow } from './update.ts';

const CHANGEABLE: Columns<HookChange> = {
  name: { column: 'name', keep: (name) => name },
  target: { column: 'target', keep: (target) => target },
  shownTarget: { column: 'shown_target', keep: (shownTarget) => shownTarget },
  secret: { column: 'secret', keep: (secret) => secret },
  events: { column: 'events', keep: (events) => JSON.stringify(events) },
  apps: { column: 'apps', keep: (apps) => JSON.stringify(apps) },
  environments: { column: 'environments', keep: (environments) => JSON.stringify(environments) },
  enabled: { column: 'enabled', keep: fromFlag },
  disabledReason: { column: 'disabled_reason', keep: (disabledReason) => disabledReason },
};

export function createHookStore(database: Database): HookStore {
  return {
    async insert(hook) {
      await database.run(
        `INSERT INTO hooks
           (id, owner_id, kind, name, target, shown_target, secret, events, apps, environments, enabled,
            disabled_reason, created_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        hook.id,
        hook.ownerId,
        hook.kind,
        hook.name,
        hook.target,
        hook.shownTarget,
        hook.secret,
        JSON.stringify(hook.events),
        JSON.stringify(hook.apps),
        JSON.stringify(hook.environments),
        fromFlag(hook.enabled),
        hook.disabledReason,
        hook.createdAt,
      );
    },

    async byId(id) {
      const row = await database.first('SELECT * FROM hooks WHERE id = ?', id);
      return row && toHook(row);
    },

    async list(ownerId) {
      const rows = await database.all(
        'SELECT * FROM hooks WHERE owner_id = ? ORDER BY created_at DESC, id DESC',
        ownerId,
      );
      return rows.map(toHook);
    },

    async count(ownerId) {
      const row = await database.first('SELECT count(*) AS hooks FROM hooks WHERE owner_id = ?', ownerId);
      return row === null ? 0 : number(row, 'hooks');
    },

    async all(after, limit) {
      const rows = await database.all(
        'SELECT * FROM hooks WHERE id > ? ORDER BY id LIMIT ?',
        after ?? '',
        limit,
      );
      return rows.map(toHook);
    },

    async update(id, change) {
      const row = await updateRow(database, 'hooks', id, change, CHANGEABLE);
      return row && toHook(row);
    },

    async reseal(id, { member, from, to }) {
      const column = member === 'target' ? 'target' : 'secret';
      const changed = await database.run(
        `UPDATE hooks SET ${column} = ? WHERE id = ? AND ${column} = ?`,
        to,
        id,
        from,
      );
      return changed > 0;
    },

    async delete(id) {
      return (await database.run('DELETE FROM hooks WHERE id = ?', id)) > 0;
    },
  };
}

const toHook = (row: Row): HookRecord => ({
  id: text(row, 'id'),
  ownerId: text(row, 'owner_id'),
  kind: text(row, 'kind') as HookKind,
  name: text(row, 'name'),
  target: text(row, 'target'),
  shownTarget: text(row, 'shown_target'),
  secret: textOrNull(row, 'secret'),
  events: json<NotificationEvent[]>(row, 'events'),
  apps: json<string[]>(row, 'apps'),
  environments: json<Environment[]>(row, 'environments'),
  enabled: flag(row, 'enabled'),
  disabledReason: textOrNull(row, 'disabled_reason'),
  createdAt: text(row, 'created_at'),
});
