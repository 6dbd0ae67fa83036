import type { Environment, ExpoPlatform } from '@appflux/protocol';
import type { ExpoRow, ExpoStore } from '../expo.ts';
import { text, textOrNull } from './columns.ts';
import type { Database, Row } from './database.ts';

export function createExpoStore(database: Database): ExpoStore {
  return {
    async newest({ appId, channel, platform, runtimeVersion }) {
      const row = await database.first(
        `SELECT * FROM expo_updates WHERE app_id = ? AND channel = ? AND platform = ? AND runtime_version = ?
         ORDER BY created_at DESC, id DESC LIMIT 1`,
        appId,
        channel,
        platform,
        runtimeVersion,
      );
      return row && toRow(row);
    },

    async history(appId, channel, limit) {
      const rows = await database.all(
        `SELECT * FROM expo_updates WHERE app_id = ? AND channel = ?
         ORDER BY created_at DESC, id DESC LIMIT ?`,
        appId,
        channel,
        limit,
      );
      return rows.map(toRow);
    },

    async record(rows) {
      if (rows.length === 0) return;
      await database.run(
        `INSERT INTO expo_updates (id, app_id, channel, platform, runtime_version, deployment_id,
           deployment_created_at, created_at)
         SELECT value ->> '$.id', value ->> '$.appId', value ->> '$.channel', value ->> '$.platform',
           value ->> '$.runtimeVersion', value ->> '$.deploymentId', value ->> '$.deploymentCreatedAt',
           value ->> '$.createdAt'
         FROM json_each(?) WHERE EXISTS (SELECT 1 FROM apps WHERE apps.id = value ->> '$.appId')
         ON CONFLICT (id) DO NOTHING`,
        JSON.stringify(rows),
      );
    },

    async signingKey(appId) {
      const row = await database.first('SELECT * FROM expo_signing_keys WHERE app_id = ?', appId);
      return (
        row && {
          keyId: text(row, 'key_id'),
          certificate: text(row, 'certificate'),
          expiresAt: text(row, 'expires_at'),
          sealed: text(row, 'sealed'),
          createdAt: text(row, 'created_at'),
        }
      );
    },

    async setSigningKey(appId, { keyId, certificate, expiresAt, sealed, createdAt }) {
      await database.run(
        `INSERT INTO expo_signing_keys (app_id, key_id, certificate, expires_at, sealed, created_at)
         SELECT id, ?, ?, ?, ?, ? FROM apps WHERE id = ?
         ON CONFLICT (app_id) DO UPDATE SET key_id = excluded.key_id, certificate = excluded.certificate,
           expires_at = excluded.expires_at, sealed = excluded.sealed, created_at = excluded.created_at`,
        keyId,
        certificate,
        expiresAt,
        sealed,
        createdAt,
        appId,
      );
    },

    async deleteSigningKey(appId) {
      return (await database.run('DELETE FROM expo_signing_keys WHERE app_id = ?', appId)) > 0;
    },

    async reseal(appId, from, to) {
      const changed = await database.run(
        'UPDATE expo_signing_keys SET sealed = ? WHERE app_id = ? AND sealed = ?',
        to,
        appId,
        from,
      );
      return changed > 0;
    },
  };
}

const toRow = (row: Row): ExpoRow => ({
  id: text(row, 'id'),
  appId: text(row, 'app_id'),
  channel: text(row, 'channel') as Environment,
  platform: text(row, 'platform') as ExpoPlatform,
  runtimeVersion: text(row, 'runtime_version'),
  deploymentId: textOrNull(row, 'deployment_id'),
  deploymentCreatedAt: textOrNull(row, 'deployment_created_at'),
  createdAt: text(row, 'created_at'),
});
