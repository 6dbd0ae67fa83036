/**
 * Apps are in the directory. Another database has a stub of each app of its teams: a row with the app's id and its owner,
 * which is what its deployments and downloads need to know. A stub is written before its app and removed after it, so that
 * an app is never without one.
 */

import { removalStatements } from '../d1/apps.ts';
import { number, text } from '../d1/columns.ts';
import type { Database, Statement } from '../d1/database.ts';
import type { AppRecord, AppStore } from '../metadata.ts';
import type { Shard, Shards } from './shards.ts';

/** A stub's slug is the id of its app: analytics name apps by it (analytics.ts). It is released by nothing but the directory. */
const stubOf = ({ id, ownerId, createdAt }: AppRecord): Statement => ({
  sql: `INSERT INTO apps (id, owner_id, name, slug, source, build, env_vars, auto_release, created_at)
        VALUES (?1, ?2, '', ?1, '{}', '{}', '{}', 0, ?3) ON CONFLICT DO NOTHING`,
  values: [id, ownerId, createdAt],
});

export function createAppStore(shards: Shards): AppStore {
  const { directory } = shards;
  return {
    ...directory.metadata.apps,

    async insert(app) {
      const shard = await shards.ofTeam(app.ownerId);
      if (shard === directory) return directory.metadata.apps.insert(app);
      const { sql, values } = stubOf(app);
      await shard.database.run(sql, ...values);
      try {
        await directory.metadata.apps.insert(app);
      } catch (error) {
        // Whether the app is there is for the directory to say. A stub without one is of no use and does no harm.
        if ((await directory.metadata.apps.byId(app.id)) === null) await removeFrom(shard, app.id);
        throw error;
      }
    },

    async delete(id) {
      const shard = await shards.ofApp(id);
      if (shard === null) return false;
      shards.forgetApp(id);
      if (shard === directory) return directory.metadata.apps.delete(id);
      const results = await directory.database.batch([
        {
          sql: 'INSERT INTO app_removals (app_id, number) SELECT id, ?2 FROM apps WHERE id = ?1 ON CONFLICT DO NOTHING',
          values: [id, shard.number],
        },
        { sql: 'DELETE FROM automatic_releases WHERE app_id = ?', values: [id] },
        ...removalStatements(id),
      ]);
      await finishRemoval(directory.database, shard, id);
      return (results.at(-1)?.changes ?? 0) > 0;
    },
  };
}

/** Removes what other databases still have of deleted apps, where a deletion ended between two of them. */
export async function finishRemovals(shards: Shards): Promise<void> {
  const { database } = shards.directory;
  const rows = await database.all('SELECT app_id, number FROM app_removals LIMIT 100');
  for (const row of rows)
    await finishRemoval(database, shards.shard(number(row, 'number')), text(row, 'app_id'));
}

async function finishRemoval(directory: Database, shard: Shard, id: string): Promise<void> {
  await removeFrom(shard, id);
  await directory.run('DELETE FROM app_removals WHERE app_id = ?', id);
}

const removeFrom = ({ database }: Shard, id: string) =>
  database.batch([
    { sql: 'DELETE FROM pending_releases WHERE app_id = ?', values: [id] },
    ...removalStatements(id),
  ]);
