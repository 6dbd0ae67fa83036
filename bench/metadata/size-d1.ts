/** Sizes and rows of deployments in D1: written through workerd, then measured in the file. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { D1Database, D1PreparedStatement, D1Result } from '@cloudflare/workers-types';
import { Miniflare } from 'miniflare';
import { createD1Metadata } from '../../edge/src/metadata/d1/index.ts';
import { ROOT } from '../../stack/command.ts';
import { applyMigrations } from '../../stack/edge/migrations.ts';
import { databaseOptions } from '../../stack/edge/options.ts';
import { lifeOf } from './life.ts';
import { type Size, teamOf } from './records.ts';
import { databaseIn } from './sqlite.ts';

export interface SizeOnD1 {
  /** Bytes a deployment, by table or index, largest first. */
  bytes: [string, number][];
  total: number;
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
    const miniflare = new Miniflare(databaseOptions({ wranglerConfig, persist }));
    await miniflare.ready;
    await applyMigrations(miniflare, wranglerConfig);
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
    let written = 0;
    for (const record of team.deployments()) {
      for (const [index, state] of lifeOf(record).entries()) await deployments.project(state, index + 1);
      written += 1;
      if (written % 500 === 0) progress(`D1: ${written} deployments`);
    }
    await miniflare.dispose();
    const bytes = await bytesIn(persist, size.deployments);
    const a = (count: number) => count / size.deployments;
    return {
      bytes,
      total: bytes.reduce((sum, [, each]) => sum + each, 0),
      rowsRead: a(counted.rowsRead),
      rowsWritten: a(counted.rowsWritten),
      calls: a(counted.calls),
    };
  } finally {
    await rm(persist, { recursive: true, force: true });
  }
}

/** Bytes a deployment of the pages of the tables that deployments are written to, and of their indexes. */
async function bytesIn(persist: string, deployments: number): Promise<[string, number][]> {
  const sqlite = new DatabaseSync(await databaseIn(persist), { readOnly: true });
  try {
    return sqlite
      .prepare(
        `SELECT name, sum(pgsize) AS bytes FROM dbstat
         WHERE name LIKE '%deployments%' OR name = 'build_days' GROUP BY name ORDER BY bytes DESC`,
      )
      .all()
      .map(({ name, bytes }): [string, number] => [String(name), Number(bytes) / deployments]);
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
