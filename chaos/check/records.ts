/**
 * What the instance has written down, read from its files and not through its API: the deployments' objects, the
 * pools, metadata, the bucket's uploads. The files are SQLite, as workerd keeps them; reading disturbs nobody.
 */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { z } from 'zod';

/** What is compared of a deployment. The object keeps times as numbers and metadata as text, so none is. */
const Told = z.object({
  status: z.string(),
  attempt: z.number(),
  failure: z.json(),
  artifacts: z.json(),
  runner: z.json(),
  plan: z.json(),
  version: z.json(),
  commitHash: z.json(),
  branch: z.json(),
  logKey: z.json(),
});

const Saved = z.object({
  spec: z.object({ id: z.string() }),
  state: Told.extend({ lease: z.json() }),
  seq: z.number(),
});

/** Everything that says how the deployments of an instance stand. */
export interface Records {
  /** As their objects know them. */
  readonly objects: readonly z.infer<typeof Saved>[];
  /** As metadata knows them. */
  readonly metadata: ReadonlyMap<string, { seq: number; record: z.infer<typeof Told> }>;
  /** Rows that are there only while something is still to be done, by what they are. */
  readonly unfinished: Readonly<Record<string, number>>;
}

/** Reads the records of an instance that keeps its state in `persist`. */
export async function readRecords(persist: string): Promise<Records> {
  const unfinished: Record<string, number> = {};
  const count = (what: string, rows: number) => {
    unfinished[what] = (unfinished[what] ?? 0) + rows;
  };
  const objects: z.infer<typeof Saved>[] = [];
  for (const db of await databases(persist, 'do', '-DeploymentObject')) {
    const pieces = db.prepare('SELECT body FROM spec ORDER BY piece').all();
    for (const { seq, body } of db.prepare('SELECT seq, body FROM state').all()) {
      const spec: unknown = JSON.parse(pieces.map((piece) => piece.body).join(''));
      objects.push(Saved.parse({ spec, state: JSON.parse(String(body)), seq }));
    }
    count('chores of deployments', rowsIn(db, 'timers'));
    count('deployments whose newest event is not confirmed', rowsIn(db, 'state WHERE confirmed < seq'));
    count('log rows beside the archive', rowsIn(db, 'log_rows'));
    db.close();
  }
  for (const db of await databases(persist, 'do', '-PoolObject')) {
    count('jobs that wait in a pool', rowsIn(db, 'jobs'));
    count('attempts that a pool believes to be out', rowsIn(db, 'handed_out'));
    db.close();
  }
  for (const db of await databases(persist, 'r2', 'miniflare-R2BucketObject')) {
    count('multipart uploads in progress', rowsIn(db, '_mf_multipart_uploads WHERE state = 0'));
    db.close();
  }
  const metadata = new Map<string, { seq: number; record: z.infer<typeof Told> }>();
  for (const db of await databases(persist, 'd1', 'miniflare-D1DatabaseObject')) {
    for (const { id, seq, record } of db.prepare('SELECT id, seq, record FROM deployments').all())
      metadata.set(String(id), { seq: Number(seq), record: Told.parse(JSON.parse(String(record))) });
    db.close();
  }
  return { objects, metadata, unfinished };
}

async function databases(persist: string, ...folder: string[]): Promise<DatabaseSync[]> {
  const path = join(persist, ...folder);
  const names = await readdir(path);
  return names
    .filter((name) => name.endsWith('.sqlite') && name !== 'metadata.sqlite')
    .map((name) => new DatabaseSync(join(path, name), { readOnly: true }));
}

const rowsIn = (db: DatabaseSync, table: string): number =>
  Number(db.prepare(`SELECT count(*) AS rows FROM ${table}`).get()?.rows);

/** Whether all of it agrees and nothing is left to be done. Pure. */
export function judgeRecords({ objects, metadata, unfinished }: Records): string[] {
  const faults = Object.entries(unfinished).flatMap(([what, rows]) =>
    rows === 0 ? [] : [`${rows} ${what}`],
  );
  const unknown = new Set(metadata.keys());
  for (const { spec, state, seq } of objects) {
    const { id } = spec;
    const { lease, ...told } = state;
    unknown.delete(id);
    if (lease !== null) faults.push(`${id} still has a lease`);
    const known = metadata.get(id);
    if (known === undefined) {
      faults.push(`${id} is unknown to metadata`);
      continue;
    }
    if (known.seq !== seq) faults.push(`${id}: metadata has event ${known.seq}, the object ${seq}`);
    if (JSON.stringify(known.record) !== JSON.stringify(Told.parse(told)))
      faults.push(`${id}: metadata says ${JSON.stringify(known.record)}, the object ${JSON.stringify(told)}`);
  }
  for (const id of unknown) faults.push(`${id} is in metadata and has no object`);
  return faults;
}
