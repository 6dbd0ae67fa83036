/** Sizes and rows of deployments in D1: written through workerd, then measured in the file. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { D1Database, D1PreparedStatement, D1Result } from '@cloudflare/workers-types';
import { Miniflare } from 'miniflare';
import { createD1Metadata } from '../../edge/src/metadata/d1/index.ts';
import type { AppRecord } from '../../edge/src/metadata/metadata.ts';
import type { Place } from '../../edge/src/metadata/paging.ts';
import { ROOT } from '../../stack/command.ts';
import { applyMigrations } from '../../stack/edge/apply-migrations.ts';
import { databaseOptions } from '../../stack/edge/database-options.ts';
import { lifeOf } from './life.ts';
import { type Size, teamOf } from './records.ts';
import { databaseIn } from './sqlite.ts';

export interface SizeOnD1 {
  /** Bytes a deployment, by table or index, largest first. */
  bytes: [string, number][];
  total: number;
  /** The same when all that may be archived is: of each app all deployments but the latest, and its releases. */
  archived: number;
  /** All of these a deployment, over its whole life. */
  rowsRead: number;
  rowsWritten: number;
  calls: number;
}

/** Writes the life of each deployment of a team, and measures what that took and left. */
export async function sizeOnD1(size: Size, progress: (text: string) => void): Promise<SizeOnD1> {
  const persist = await mkdtemp(join(tmpdir(), 'appflux-bench-'));
  const wranglerConfig = join(ROOT, 'wrangler.toml');
  const counted = { rowsRead: 0, rowsWritten: 0, calls: 0 };
  try {
    const options = databaseOptions({ wranglerConfig, persist });
    const miniflare = new Miniflare(options);
    await miniflare.ready;
    await applyMigrations(miniflare, { wranglerConfig });
    const database = counting(await miniflare.getD1Database('METADATA'), (results) => {
      counted.calls += 1;
      for (const { meta } of results) {
        counted.rowsRead += meta.rows_read;
        counted.rowsWritten += meta.rows_written;
      }
    });
    const { apps, deployments } = createD1Metadata(database as unknown as D1Database);
    const team = teamOf(crypto.randomUUID(), size, Date.now());
    for (const app of team.apps) await apps.insert(app);
    Object.assign(counted, { rowsRead: 0, rowsWritten: 0, calls: 0 });
    const seqs = new Map<string, number>();
    let written = 0;
    for (const record of team.deployments()) {
      const life = lifeOf(record);
      for (const [index, state] of life.entries()) await deployments.project(state, index + 1);
      seqs.set(record.id, life.length);
      written += 1;
      if (written % 500 === 0) progress(`D1: ${written} deployments`);
    }
    await miniflare.dispose();
    const pages = pagesIn(await databaseIn(persist));
    const bytes = pages.map(([name, all]): [string, number] => [name, all / size.deployments]);
    const archived = await archivedBytes(persist, options, team.apps, seqs);
    const a = (count: number) => count / size.deployments;
    return {
      bytes,
      total: bytes.reduce((sum, [, each]) => sum + each, 0),
      archived: archived / size.deployments,
      rowsRead: a(counted.rowsRead),
      rowsWritten: a(counted.rowsWritten),
      calls: a(counted.calls),
    };
  } finally {
    await rm(persist, { recursive: true, force: true });
  }
}

/** Archives all deployments that may be; gives the bytes of their tables and indexes then, without pages that became free. */
async function archivedBytes(
  persist: string,
  options: ConstructorParameters<typeof Miniflare>[0],
  apps: readonly AppRecord[],
  seqs: ReadonlyMap<string, number>,
): Promise<number> {
  const miniflare = new Miniflare(options);
  await miniflare.ready;
  const { deployments } = createD1Metadata(
    (await miniflare.getD1Database('METADATA')) as unknown as D1Database,
  );
  const now = new Date().toISOString();
  for (const { id: appId } of apps) {
    let after: Place | null = null;
    const ids = await deployments.idsOf(appId, 1_000_000);
    for (let from = 0; from < ids.length; from += 100) {
      const some = ids.slice(from, from + 100);
      for (const part of ['artifacts', 'log'] as const) await deployments.markRemoved(some, part, now);
      await deployments.markCleared(some);
    }
    do {
      const places: Place[] = await deployments.archivable(appId, now, after, 100);
      after = places.at(-1) ?? null;
      await deployments.archive(
        appId,
        places.map(({ id }) => ({ id, seq: seqs.get(id) ?? 0 })),
      );
    } while (after !== null);
  }
  await miniflare.dispose();
  const compact = join(persist, 'compact.sqlite');
  const file = new DatabaseSync(await databaseIn(persist));
  file.exec(`VACUUM INTO '${compact}'`);
  file.close();
  return pagesIn(compact).reduce((sum, [, bytes]) => sum + bytes, 0);
}

/** Bytes of the pages of the tables that deployments are written to, and of their indexes. */
function pagesIn(path: string): [string, number][] {
  const sqlite = new DatabaseSync(path, { readOnly: true });
  try {
    return sqlite
      .prepare(
        `SELECT name, sum(pgsize) AS bytes FROM dbstat
         WHERE name LIKE '%deployments%' OR name = 'build_days' GROUP BY name ORDER BY bytes DESC`,
      )
      .all()
      .map(({ name, bytes }): [string, number] => [String(name), Number(bytes)]);
  } finally {
    sqlite.close();
  }
}

/** The part of D1's API that the backend uses, reporting the results of each call. */
function counting(database: D1Database, note: (results: readonly D1Result[]) => void) {
  const counted = new WeakMap<object, D1PreparedStatement>();
  const statement = (real: D1PreparedStatement) => {
    const all = async () => {
      const result = await real.all();
      note([result]);
      return result;
    };
    const wrapped = {
      bind: (...values: unknown[]) => statement(real.bind(...values)),
      run: all,
      all,
      first: async () => (await all()).results[0] ?? null,
    };
    counted.set(wrapped, real);
    return wrapped;
  };
  return {
    prepare: (sql: string) => statement(database.prepare(sql)),
    batch: async (statements: object[]) => {
      const results = await database.batch(statements.map((one) => counted.get(one) as D1PreparedStatement));
      note(results);
      return results;
    },
  };
}
