/** D1's tables as they are copied: a column is a member of the record, in camel case. */
import type { D1Database } from '@cloudflare/workers-types';
import { endOf } from '../analytics.ts';
import { fromStored, toStored } from '../d1/stored-record.ts';
import type { DeploymentRecord } from '../metadata.ts';
import type { Collection, Copied, Copyable } from './copy.ts';

interface Table {
  name: string;
  /** The key, as SQL. */
  key: string;
  /** The columns that the key is made of. */
  primary: readonly string[];
  /** Columns that hold JSON. */
  json: readonly string[];
  /** Columns that hold 0 or 1. */
  flags: readonly string[];
  /** Columns that hold 0, 1 or NULL. */
  optionalFlags: readonly string[];
  /** The column that holds the whole record in JSON, from which all others are drawn but those of `beside`. */
  whole?: string;
  /** How that column is read and written, if it isn't the record's plain JSON. */
  stored?: { read(row: Row): object; write(record: object): string };
  beside: readonly string[];
  /** Columns that this backend derives from the whole record, and no members of it. */
  drawn: Record<string, (record: Copied) => string | number | null>;
}

const table = (name: string, rest: Partial<Table> = {}): Table => ({
  name,
  key: 'id',
  primary: ['id'],
  json: [],
  flags: [],
  optionalFlags: [],
  beside: [],
  drawn: {},
  ...rest,
});

export const TABLES: Record<Exclude<Collection, 'owner'>, Table> = {
  apps: table('apps', {
    json: [
      'source',
      'build',
      'retention',
      'env_vars',
      'access',
      'rewrite_hosts',
      'budgets',
      'server',
      'triggers',
      'schedules',
    ],
    flags: ['release_locked', 'auto_release'],
    optionalFlags: ['spa_fallback'],
  }),
  appFiles: table('app_files', {
    key: "app_id || ':' || name",
    primary: ['app_id', 'name'],
    json: ['environments'],
  }),
  favourites: table('favourites', {
    key: "user_id || ':' || owner_id || ':' || app_id",
    primary: ['user_id', 'owner_id', 'app_id'],
  }),
  deployments: table('deployments', {
    whole: 'record',
    stored: { read: fromStored, write: (record) => toStored(record as DeploymentRecord) },
    flags: ['pinned', 'leftovers', 'counted'],
    beside: [
      'seq',
      'counted',
      'pinned',
      'promotedAt',
      'artifactsRemovedAt',
      'logRemovedAt',
      'pictureAt',
      'pictureError',
      'leftovers',
    ],
    drawn: {
      created_at: (record) => String(record.createdAt),
      archived: (record) => (record.archived === true ? 1 : 0),
      // Of earlier versions.
      ended_on: () => null,
      waited_seconds: () => null,
      branch: (record) => asDeployment(record).branch,
      environment: (record) => asDeployment(record).environment,
      pull_request: (record) => asDeployment(record).pullRequest?.number ?? null,
      creator: (record) => asDeployment(record).creator?.name ?? null,
      ended_at: (record) => (endOfCopied(record) === null ? null : asDeployment(record).finishedAt),
      skipped: (record) => ((asDeployment(record).skipped ?? null) === null ? 0 : 1),
    },
  }),
  siteAliases: table('site_aliases', { key: 'label', primary: ['label'] }),
  domains: table('domains', {
    key: "host || ':' || app_id",
    primary: ['host', 'app_id'],
    json: ['hostname_records'],
  }),
  expoUpdates: table('expo_updates'),
  expoSigningKeys: table('expo_signing_keys', { key: 'app_id', primary: ['app_id'] }),
  sourceCredentials: table('source_credentials', { key: 'app_id', primary: ['app_id'] }),
  hooks: table('hooks', { json: ['events', 'apps', 'environments'], flags: ['enabled'] }),
  githubApps: table('github_apps', { key: 'host', primary: ['host'] }),
  githubInstallations: table('github_installations'),
  releaseDetails: table('release_details', { key: 'deployment_id', primary: ['deployment_id'] }),
  uploads: table('uploads', { json: ['app_ids'], flags: ['completed'] }),
  runners: table('runners', { json: ['labels'], flags: ['draining', 'ephemeral'] }),
  tokens: table('tokens', { json: ['scopes'] }),
  users: table('users'),
  members: table('members'),
  teamSettings: table('team_settings', { key: 'team_id', primary: ['team_id'] }),
  audit: table('audit', { whole: 'record' }),
  refreshTokens: table('refresh_tokens', { key: 'hash', primary: ['hash'] }),
  secrets: table('secrets', { key: 'name', primary: ['name'] }),
  webhookSecrets: table('webhook_secrets'),
  idempotencyKeys: table('idempotency_keys', {
    key: "owner_id || ':' || key",
    primary: ['owner_id', 'key'],
  }),
  downloads: table('downloads', {
    key: "day || ':' || app_id",
    primary: ['owner_id', 'day', 'app_id'],
    json: ['recent'],
  }),
  artifactDownloads: table('artifact_downloads', {
    key: "deployment_id || ':' || name",
    primary: ['deployment_id', 'name'],
    json: ['recent'],
  }),
  buildDays: table('build_days', {
    key: "owner_id || ':' || app_id || ':' || day",
    primary: ['owner_id', 'app_id', 'day'],
    json: ['durations', 'waits', 'apps'],
  }),
};

/**
 * Tables about the division itself: what is copied is in one database, which needs none of them. Of these, UNFINISHED have
 * rows only while a change of two databases is under way.
 */
export const OF_DIVISION = [
  'team_databases',
  'automatic_releases',
  'app_removals',
  'pending_releases',
] as const;
const UNFINISHED: readonly (typeof OF_DIVISION)[number][] = ['app_removals', 'pending_releases'];

/** How many changes of two databases the instance has begun, and not finished. A copy would have half of each. */
export async function unfinishedIn(database: D1Database): Promise<number> {
  const counts = UNFINISHED.map((name) => `(SELECT count(*) FROM ${name})`);
  return (await database.prepare(`SELECT ${counts.join(' + ')} AS count`).first<number>('count')) ?? 0;
}

type Row = Record<string, string | number | null>;

const asDeployment = (record: Copied) => record as unknown as DeploymentRecord;

const endOfCopied = (record: Copied) => endOf(asDeployment(record));

const camel = (column: string) => column.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());

/** A record of a row. What the row's JSON says of the others is not told twice. */
function toCopied(
  { json, flags, optionalFlags, whole, stored, drawn }: Table,
  { copy_key: key, ...row }: Row,
): Copied {
  const members = Object.entries(row).flatMap(([column, value]) => {
    if (column === whole) return Object.entries(stored?.read(row) ?? (JSON.parse(String(value)) as object));
    if (column in drawn) return [];
    if (json.includes(column)) return [[camel(column), JSON.parse(String(value))]];
    const isFlag = flags.includes(column) || (optionalFlags.includes(column) && value !== null);
    return [[camel(column), isFlag ? value === 1 : value]];
  });
  return { ...Object.fromEntries(members), id: String(key) };
}

function toRow(
  { json, flags, optionalFlags, whole, stored, beside, drawn }: Table,
  record: Copied,
  columns: readonly string[],
): Row {
  const value = (column: string) => {
    if (column === whole) {
      const kept = Object.fromEntries(Object.entries(record).filter(([name]) => !beside.includes(name)));
      return stored?.write(kept) ?? JSON.stringify(kept);
    }
    if (drawn[column] !== undefined) return drawn[column](record);
    const member = record[camel(column)] ?? null;
    if (optionalFlags.includes(column) && member === null) return null;
    if (flags.includes(column) || optionalFlags.includes(column)) return member === true ? 1 : 0;
    return json.includes(column) ? JSON.stringify(member) : (member as string | number | null);
  };
  return Object.fromEntries(columns.map((column) => [column, value(column)]));
}

/** The metadata in a D1 database that has the migrations of edge/migrations. */
export function d1Copyable(db: D1Database): Copyable {
  const columnsOf = async ({ name }: Table) => {
    const { results } = await db
      .prepare(`SELECT name FROM pragma_table_info('${name}')`)
      .all<{ name: string }>();
    return results.map((column) => column.name);
  };
  const owner = () => db.prepare('SELECT id FROM users ORDER BY rowid LIMIT 1').first<string>('id');

  return {
    async page(collection, after, limit) {
      if (collection === 'owner') {
        const userId = after === null ? await owner() : null;
        return userId === null ? [] : [{ id: 'owner', userId }];
      }
      const kept = TABLES[collection];
      const { results } = await db
        .prepare(
          `SELECT *, ${kept.key} AS copy_key FROM ${kept.name} WHERE ${kept.key} > ? ORDER BY ${kept.key} LIMIT ?`,
        )
        .bind(after ?? '', limit)
        .all<Row>();
      return results.map((row) => toCopied(kept, row));
    },

    async put(collection, records) {
      if (collection === 'owner') {
        for (const { userId } of records) {
          // The first user is the one whose row is the first.
          await db
            .prepare(
              `UPDATE users SET rowid = (SELECT min(rowid) FROM users) - 1
               WHERE id = ? AND rowid > (SELECT min(rowid) FROM users)`,
            )
            .bind(String(userId))
            .run();
        }
        return;
      }
      const kept = TABLES[collection];
      const columns = await columnsOf(kept);
      const updates = columns
        .filter((column) => !kept.primary.includes(column))
        .map((column) => `${column} = excluded.${column}`);
      const sql = `INSERT INTO ${kept.name} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})
        ON CONFLICT (${kept.primary.join(', ')}) DO UPDATE SET ${updates.join(', ')}`;
      await db.batch(
        records.map((record) => db.prepare(sql).bind(...Object.values(toRow(kept, record, columns)))),
      );
    },

    async last(collection) {
      if (collection === 'owner') return null;
      const { key, name } = TABLES[collection];
      return db.prepare(`SELECT ${key} AS k FROM ${name} ORDER BY ${key} DESC LIMIT 1`).first<string>('k');
    },
  };
}
