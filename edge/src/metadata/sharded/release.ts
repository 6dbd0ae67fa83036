/**
 * How a team's first success in production becomes its app's release, where the deployment and the app are in different
 * databases. The deployment is written first, together with a note that the app has to know; then the app; then the note is
 * removed. After a crash in between, the event is delivered again and finds the note. The other order would show a release
 * that did not succeed yet.
 */
import { flag, text, textOrNull } from '../d1/columns.ts';
import type { Statement } from '../d1/database.ts';
import { isProjected, mayRelease, projectionStatements } from '../d1/projection.ts';
import type { DeploymentRecord } from '../metadata.ts';
import { newestFirst, placeOf } from '../paging.ts';
import type { Shard } from './shards.ts';

/** Notes a first success. It must run before the success is written. */
const noteOf = ({ id, appId }: DeploymentRecord, seq: number): Statement => ({
  sql: `INSERT INTO pending_releases (deployment_id, app_id)
        SELECT ?1, ?2 WHERE EXISTS (SELECT 1 FROM apps WHERE id = ?2)
          AND NOT EXISTS (SELECT 1 FROM deployments WHERE id = ?1 AND (seq >= ?3 OR status = 'success'))
        ON CONFLICT (deployment_id) DO NOTHING`,
  values: [id, appId, seq],
});

const NOTED = 'SELECT 1 FROM pending_releases WHERE deployment_id = ?';

/** `DeploymentStore.project` for a team whose records are not in the directory. */
export async function projectInto(
  shard: Shard,
  directory: Shard,
  record: DeploymentRecord,
  seq: number,
): Promise<boolean> {
  const projection = projectionStatements(record, seq);
  if (!mayRelease(record)) return isProjected(await shard.database.batch(projection));
  const [, ...results] = await shard.database.batch([
    noteOf(record, seq),
    ...projection,
    { sql: NOTED, values: [record.id] },
  ]);
  const isPending = (results.at(-1)?.rows.length ?? 0) > 0;
  if (isPending) {
    await release(shard, directory, record);
    await shard.database.run('DELETE FROM pending_releases WHERE deployment_id = ?', record.id);
  }
  return isProjected(results);
}

/** What decides whether an app gets a new release. */
const LOOK = `
  SELECT release, auto_release, release_locked,
    (SELECT deployment_id FROM automatic_releases WHERE app_id = apps.id) AS automatic
  FROM apps WHERE id = ?`;

/** Points the app at the release unless the one that was looked at, ?5, is another one now. */
const POINT = `
  UPDATE apps SET previous_release = release, release = ?2, released_at = ?3, detected_type = coalesce(?4, detected_type)
  WHERE id = ?1 AND release IS ?5 AND auto_release = 1 AND release_locked = 0`;

/** Remembers that this release was automatic: after a rollback, the same event delivered again must not repeat it. */
const REMEMBER = `
  INSERT INTO automatic_releases (app_id, deployment_id) SELECT id, ?2 FROM apps WHERE id = ?1 AND release = ?2
  ON CONFLICT (app_id) DO UPDATE SET deployment_id = excluded.deployment_id`;

async function release(shard: Shard, { database }: Shard, record: DeploymentRecord): Promise<void> {
  const { id, appId, plan } = record;
  for (;;) {
    const app = await database.first(LOOK, appId);
    if (app === null || !flag(app, 'auto_release') || flag(app, 'release_locked')) return;
    const looked = textOrNull(app, 'release');
    if (looked === id || textOrNull(app, 'automatic') === id) return;
    if (looked !== null && (await isNewer(shard, looked, record))) return;
    const [pointed] = await database.batch([
      { sql: POINT, values: [appId, id, new Date().toISOString(), plan?.type ?? null, looked] },
      { sql: REMEMBER, values: [appId, id] },
    ]);
    // Another release came meanwhile: it is looked at as well.
    if ((pointed?.changes ?? 0) > 0) return;
  }
}

/** Whether a release was created after this deployment. */
async function isNewer({ database }: Shard, releaseId: string, record: DeploymentRecord): Promise<boolean> {
  const row = await database.first('SELECT id, created_at FROM deployments WHERE id = ?', releaseId);
  return row !== null && newestFirst({ at: text(row, 'created_at'), id: releaseId }, placeOf(record)) < 0;
}
