import {
  type AppAccess,
  AppFluxError,
  type AppServer,
  type AppSource,
  type AppType,
  type BuildSettings,
  DEFAULT_TRIGGERS,
  type Retention,
  type ScheduleStatus,
  type SizeBudget,
  type TriggerRules,
} from '@appflux/protocol';
import { exceeded, MAX_ROW_BYTES } from '../../limits/platform.ts';
import {
  type AppRecord,
  type AppStore,
  type ChangeableOfApp,
  type Resealing,
  type SealedVariable,
  sourceOfRecord,
} from '../metadata.ts';
import { FORGET_APP } from './build-days.ts';
import { flag, flagOrNull, fromFlag, json, number, text, textOrNull } from './columns.ts';
import type { Database, Row, Statement } from './database.ts';
import { allWithinBytes, listPage } from './list.ts';
import { type Columns, updateRow } from './update.ts';

const CHANGEABLE: Columns<Partial<Pick<AppRecord, ChangeableOfApp>>> = {
  name: { column: 'name', keep: (name) => name },
  type: { column: 'type', keep: (type) => type },
  detectedType: { column: 'detected_type', keep: (type) => type },
  source: { column: 'source', keep: (source) => JSON.stringify(source) },
  build: { column: 'build', keep: (build) => JSON.stringify(build) },
  retention: { column: 'retention', keep: (retention) => JSON.stringify(retention) },
  release: { column: 'release', keep: (release) => release },
  previousRelease: { column: 'previous_release', keep: (release) => release },
  releasedAt: { column: 'released_at', keep: (at) => at },
  releaseLocked: { column: 'release_locked', keep: fromFlag },
  autoRelease: { column: 'auto_release', keep: fromFlag },
  access: { column: 'access', keep: (access) => JSON.stringify(access) },
  passwordHash: { column: 'password_hash', keep: (hash) => hash },
  spaFallback: {
    column: 'spa_fallback',
    keep: (fallback) => (fallback === null ? null : fromFlag(fallback)),
  },
  rewriteHosts: { column: 'rewrite_hosts', keep: (hosts) => JSON.stringify(hosts) },
  budgets: { column: 'budgets', keep: (budgets) => JSON.stringify(budgets) },
  settingsRevision: { column: 'settings_revision', keep: (revision) => revision },
  server: { column: 'server', keep: (server) => JSON.stringify(server) },
  serverRevision: { column: 'server_revision', keep: (revision) => revision },
  triggers: { column: 'triggers', keep: (triggers) => JSON.stringify(triggers) },
  repoKey: { column: 'repo_key', keep: (key) => key },
  repositoryId: { column: 'repository_id', keep: (id) => id },
};

/** How many apps of one repository are given at most. */
const MOST_OF_REPOSITORY = 100;

/** What variables may have of an app's row; the rest of it stays below 300 KB. */
const MOST_VARIABLE_BYTES = MAX_ROW_BYTES - 300_000;

/** A value of `server_revision` that there was not before. */
const NEW_REVISION = 'lower(hex(randomblob(8)))';

/** The JSON path of a variable. Names are letters, digits and underscores, so quoting them is enough. */
const pathOf = (name: string) => `$."${name}"`;

/** That the name or the slug holds a text. `instr`, unlike LIKE, knows no wildcards; `lower` knows A to Z. */
const holding = (search: string) => ({
  sql: 'instr(lower(name || char(10) || slug), lower(?)) > 0',
  value: search,
});

/** What goes with an app, in an order in which each finds what it is found by. */
const BELONGINGS = [
  `DELETE FROM artifact_downloads WHERE deployment_id IN (SELECT id FROM deployments WHERE app_id = ?)`,
  'DELETE FROM deployments WHERE app_id = ?',
  ...FORGET_APP,
  'DELETE FROM downloads WHERE owner_id = (SELECT owner_id FROM apps WHERE id = ?1) AND app_id = ?1',
  'DELETE FROM tokens WHERE app_id = ?',
  'DELETE FROM app_files WHERE app_id = ?',
  'DELETE FROM site_aliases WHERE app_id = ?',
  'DELETE FROM domains WHERE app_id = ?',
  'DELETE FROM expo_updates WHERE app_id = ?',
  'DELETE FROM expo_signing_keys WHERE app_id = ?',
  'DELETE FROM source_credentials WHERE app_id = ?',
  'DELETE FROM release_details WHERE app_id = ?',
  'DELETE FROM favourites WHERE app_id = ?',
];

/** Variables of the app ?1 that have what ?2, a list of Resealing as JSON, says. */
const RESEALABLE = `json_each(apps.env_vars) AS kept JOIN json_each(?2) AS changed
  ON changed.value ->> '$.name' = kept.key AND changed.value ->> '$.from' = kept.value ->> '$.sealed'`;

const COUNT_RESEALABLE = `SELECT count(*) AS resealable FROM apps, ${RESEALABLE} WHERE apps.id = ?1`;

/** All in one statement: each is a query of those that a request may make. */
const RESEAL = `
  UPDATE apps SET env_vars = (
    SELECT json_group_object(kept.key, CASE WHEN changed.value IS NULL THEN json(kept.value)
      ELSE json_set(kept.value, '$.sealed', changed.value ->> '$.to') END)
    FROM json_each(apps.env_vars) AS kept LEFT JOIN json_each(?2) AS changed
      ON changed.value ->> '$.name' = kept.key AND changed.value ->> '$.from' = kept.value ->> '$.sealed'
  )
  WHERE id = ?1 AND EXISTS (SELECT 1 FROM ${RESEALABLE})`;

/** Values in lists that each fit into a statement: an app of an earlier version may have more than one takes. */
function inBatches(values: readonly Resealing[]): Resealing[][] {
  const batches: Resealing[][] = [];
  let room = 0;
  for (const value of values) {
    const length = value.from.length + value.to.length;
    if (batches.length === 0 || length > room) {
      batches.push([]);
      room = MAX_ROW_BYTES / 2;
    }
    batches.at(-1)?.push(value);
    room -= length;
  }
  return batches;
}

export function createAppStore(database: Database): AppStore {
  return {
    async insert(app) {
      const inserted = await database.run(
        `INSERT INTO apps (id, owner_id, name, slug, type, detected_type, source, build, retention, env_vars, release,
           previous_release, released_at, release_locked, auto_release, access, password_hash, spa_fallback,
           rewrite_hosts, budgets, settings_revision, server, server_revision, triggers, schedules, schedule_due_at, schedules_revision, repo_key, repository_id, created_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (slug) DO NOTHING`,
        app.id,
        app.ownerId,
        app.name,
        app.slug,
        app.type,
        app.detectedType,
        JSON.stringify(app.source),
        JSON.stringify(app.build),
        JSON.stringify(app.retention),
        JSON.stringify(app.envVars),
        app.release,
        app.previousRelease,
        app.releasedAt,
        fromFlag(app.releaseLocked),
        fromFlag(app.autoRelease),
        JSON.stringify(app.access),
        app.passwordHash,
        app.spaFallback === null ? null : fromFlag(app.spaFallback),
        JSON.stringify(app.rewriteHosts),
        JSON.stringify(app.budgets),
        app.settingsRevision,
        JSON.stringify(app.server),
        app.serverRevision,
        JSON.stringify(app.triggers),
        JSON.stringify(app.schedules),
        app.scheduleDueAt,
        app.schedulesRevision,
        app.repoKey,
        app.repositoryId,
        app.createdAt,
      );
      if (inserted === 0) {
        throw new AppFluxError('slug_taken', `An app with the slug ${app.slug} already exists`, {
          hint: 'Choose a different slug.',
        });
      }
    },

    async byId(id) {
      const row = await database.first('SELECT * FROM apps WHERE id = ?', id);
      return row && toApp(row);
    },

    async bySlug(slug) {
      const row = await database.first('SELECT * FROM apps WHERE slug = ?', slug);
      return row && toApp(row);
    },

    async byIds(ids) {
      const these = JSON.stringify(ids);
      const rows = await database.all(
        'SELECT * FROM apps WHERE id IN (SELECT value FROM json_each(?))',
        these,
      );
      return rows.map(toApp);
    },

    list: (ownerId, page, search) =>
      listPage(database, 'apps', { owner_id: ownerId }, page, toApp, {
        also: search === undefined ? [] : [holding(search)],
      }),

    async all(after, limit) {
      const sql = 'SELECT * FROM apps WHERE id > ? ORDER BY id LIMIT ?';
      const bytes = 'octet_length(env_vars) + octet_length(build)';
      const { rows, isCut } = await allWithinBytes(database, { sql, order: 'id', bytes }, [
        after ?? '',
        limit + 1,
      ]);
      const items = rows.slice(0, limit).map(toApp);
      return { items, next: isCut || rows.length > limit ? (items.at(-1)?.id ?? null) : null };
    },

    async ofRepository(ownerId, repository) {
      const { sql, values } = repositoryStatement(ownerId, repository);
      return (await database.all(sql, ...values)).map(toApp);
    },

    async dueSchedules(now, limit) {
      const rows = await database.all(
        'SELECT * FROM apps WHERE schedule_due_at <= ? ORDER BY schedule_due_at LIMIT ?',
        now,
        limit,
      );
      return rows.map(toApp);
    },

    async replaceSchedules(id, revision, { schedules, scheduleDueAt, schedulesRevision }) {
      const changed = await database.run(
        `UPDATE apps SET schedules = ?, schedule_due_at = ?, schedules_revision = ?
         WHERE id = ? AND schedules_revision IS ?`,
        JSON.stringify(schedules),
        scheduleDueAt,
        schedulesRevision,
        id,
        revision,
      );
      return changed > 0;
    },

    async update(id, change, revision) {
      const only = revision === undefined ? undefined : { column: 'settings_revision', value: revision };
      const row = await updateRow(database, 'apps', id, change, CHANGEABLE, only);
      return row && toApp(row);
    },

    async release(id, { deploymentId, from, at, detectedType }) {
      const row = await database.first(
        `UPDATE apps SET
           previous_release = CASE WHEN release IS ?2 THEN previous_release ELSE release END,
           released_at = CASE WHEN release IS ?2 THEN released_at ELSE ?3 END,
           detected_type = CASE WHEN release IS ?2 THEN detected_type ELSE coalesce(?4, detected_type) END,
           release = ?2
         WHERE id = ?1 AND (?5 = 0 OR release IS ?6) RETURNING *`,
        id,
        deploymentId,
        at,
        detectedType,
        fromFlag(from !== undefined),
        from ?? null,
      );
      const other =
        row ?? (from === undefined ? null : await database.first('SELECT * FROM apps WHERE id = ?', id));
      return other && toApp(other);
    },

    async releases(ids) {
      const rows = await database.all(
        'SELECT release FROM apps WHERE id IN (SELECT value FROM json_each(?)) AND release IS NOT NULL',
        JSON.stringify(ids),
      );
      return rows.map((row) => text(row, 'release'));
    },

    async setVariable(id, name, variable) {
      // What the API allows is far less; of many calls at the same time each may find that there is room.
      const changed = await database.run(
        `UPDATE apps SET env_vars = json_set(env_vars, ?1, json(?2)), server_revision = ${NEW_REVISION} WHERE id = ?3
         AND octet_length(json_set(env_vars, ?1, json(?2))) <= max(${MOST_VARIABLE_BYTES}, octet_length(env_vars))`,
        pathOf(name),
        JSON.stringify(variable),
        id,
      );
      if (changed > 0) return;
      const app = await database.first('SELECT octet_length(env_vars) AS bytes FROM apps WHERE id = ?', id);
      if (app) throw exceeded('The app’s variables (bytes)', number(app, 'bytes'), MOST_VARIABLE_BYTES);
    },

    async changeVariable(id, name, change) {
      const changed = await database.run(
        `UPDATE apps SET env_vars = json_set(env_vars, ?1, json_patch(json_extract(env_vars, ?1), json(?2))),
           server_revision = ${NEW_REVISION}
         WHERE id = ?3 AND json_type(env_vars, ?1) IS NOT NULL`,
        pathOf(name),
        JSON.stringify(change),
        id,
      );
      return changed > 0;
    },

    async resealVariables(id, values) {
      if (values.length === 0) return 0;
      const changes = inBatches(values).map((batch) => [id, JSON.stringify(batch)]);
      const results = await database.batch(
        changes.flatMap((bound) => [
          { sql: COUNT_RESEALABLE, values: bound },
          { sql: RESEAL, values: bound },
        ]),
      );
      return results.reduce((sum, { rows }) => sum + (rows[0] ? number(rows[0], 'resealable') : 0), 0);
    },

    async deleteVariable(id, name) {
      const deleted = await database.run(
        `UPDATE apps SET env_vars = json_remove(env_vars, ?1), server_revision = ${NEW_REVISION}
         WHERE id = ?2 AND json_type(env_vars, ?1) IS NOT NULL`,
        pathOf(name),
        id,
      );
      return deleted > 0;
    },

    async nextBuildNumber(id) {
      const row = await database.first(
        'UPDATE apps SET builds = builds + 1 WHERE id = ? RETURNING builds',
        id,
      );
      if (!row) throw new AppFluxError('not_found', 'App not found');
      return number(row, 'builds');
    },

    async delete(id) {
      const results = await database.batch(removalStatements(id));
      return (results.at(-1)?.changes ?? 0) > 0;
    },
  };
}

/** Removes an app, with the last statement, and before it all that goes with it. */
export const removalStatements = (id: string): Statement[] =>
  [...BELONGINGS, 'DELETE FROM apps WHERE id = ?'].map((sql) => ({ sql, values: [id] }));

/** The query of `ofRepository`. */
export function repositoryStatement(
  ...[ownerId, { repoKey, repositoryId = null }]: Parameters<AppStore['ofRepository']>
): Statement {
  return {
    sql: `SELECT * FROM apps
          WHERE (repository_id = ?1 OR (repo_key = ?2 AND (?1 IS NULL OR repository_id IS NULL)))
            AND (?3 IS NULL OR owner_id = ?3)
          ORDER BY created_at, id LIMIT ${MOST_OF_REPOSITORY}`,
    values: [repositoryId, repoKey, ownerId],
  };
}

function toApp(row: Row): AppRecord {
  return {
    id: text(row, 'id'),
    ownerId: text(row, 'owner_id'),
    name: text(row, 'name'),
    slug: text(row, 'slug'),
    type: textOrNull(row, 'type') as AppType | null,
    detectedType: textOrNull(row, 'detected_type') as AppType | null,
    source: sourceOfRecord(json<AppSource>(row, 'source')),
    build: json<BuildSettings>(row, 'build'),
    retention: json<Retention>(row, 'retention'),
    envVars: json<Record<string, SealedVariable>>(row, 'env_vars'),
    release: textOrNull(row, 'release'),
    previousRelease: textOrNull(row, 'previous_release'),
    releasedAt: textOrNull(row, 'released_at'),
    releaseLocked: flag(row, 'release_locked'),
    autoRelease: flag(row, 'auto_release'),
    access: json<AppAccess>(row, 'access'),
    passwordHash: textOrNull(row, 'password_hash'),
    spaFallback: flagOrNull(row, 'spa_fallback'),
    rewriteHosts: json<string[]>(row, 'rewrite_hosts'),
    budgets: json<SizeBudget[]>(row, 'budgets'),
    settingsRevision: textOrNull(row, 'settings_revision'),
    server: json<AppServer>(row, 'server'),
    serverRevision: textOrNull(row, 'server_revision'),
    triggers: { ...DEFAULT_TRIGGERS, ...json<Partial<TriggerRules>>(row, 'triggers') },
    schedules: json<ScheduleStatus[]>(row, 'schedules'),
    scheduleDueAt: textOrNull(row, 'schedule_due_at'),
    schedulesRevision: textOrNull(row, 'schedules_revision'),
    repoKey: textOrNull(row, 'repo_key'),
    repositoryId: textOrNull(row, 'repository_id'),
    createdAt: text(row, 'created_at'),
  };
}
