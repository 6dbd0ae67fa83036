/**
 * The records of an instance, read from its files and not through its API: the deployments' objects, the pools,
 * metadata, the bucket's uploads. The files are workerd's SQLite; reading them does not disturb it.
 */
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { gunzipSync } from 'node:zlib';
import { z } from 'zod';
import { fromStored } from '../../edge/src/metadata/d1/stored-record.ts';
import { blobFolder } from '../../stack/edge/blobs.ts';

/**
 * The compared fields of a deployment. The object stores times as numbers and metadata as text, so none is included.
 */
const Compared = z.object({
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
  state: Compared.extend({ lease: z.json() }),
  seq: z.number(),
});

/** All records about the deployments of an instance. */
export interface Records {
  /** From their objects. */
  readonly objects: readonly z.infer<typeof Saved>[];
  /** From metadata. */
  readonly metadata: ReadonlyMap<string, { seq: number; record: z.infer<typeof Compared> }>;
  /** Rows that exist only while work is pending, by a description. */
  readonly unfinished: Readonly<Record<string, number>>;
}

/** Reads the records of an instance whose state is in `persist`. */
export async function readRecords(persist: string): Promise<Records> {
  const unfinished: Record<string, number> = {};
  const count = (what: string, rows: number) => {
    unfinished[what] = (unfinished[what] ?? 0) + rows;
  };
  const objects = await endedIn(persist);
  for (const db of await databases(persist, 'do', '-DeploymentObject')) {
    // One that has ended may have left its object, which has no tables then.
    if (rowsIn(db, "sqlite_master WHERE name = 'state'") === 0) {
      db.close();
      continue;
    }
    const pieces = db.prepare('SELECT body FROM spec ORDER BY piece').all();
    for (const { seq, body } of db.prepare('SELECT seq, body FROM state').all()) {
      const spec: unknown = JSON.parse(pieces.map((piece) => piece.body).join(''));
      const saved = Saved.parse({ spec, state: JSON.parse(String(body)), seq });
      objects.set(saved.spec.id, saved);
    }
    count('pending tasks of deployments', rowsIn(db, 'timers'));
    count('deployments whose newest event is not confirmed', rowsIn(db, 'state WHERE confirmed < seq'));
    count('log rows beside the archive', rowsIn(db, 'log_rows'));
    db.close();
  }
  for (const db of await databases(persist, 'do', '-PoolObject')) {
    count('jobs that wait in a pool', rowsIn(db, 'jobs'));
    count('attempts that a pool has granted', rowsIn(db, 'handed_out'));
    db.close();
  }
  for (const db of await databases(persist, 'r2', 'miniflare-R2BucketObject')) {
    count('multipart uploads in progress', rowsIn(db, '_mf_multipart_uploads WHERE state = 0'));
    db.close();
  }
  const metadata = new Map<string, { seq: number; record: z.infer<typeof Compared> }>();
  for (const db of await databases(persist, 'd1', 'miniflare-D1DatabaseObject')) {
    for (const row of db.prepare('SELECT * FROM deployments').all()) {
      const record = Compared.parse(fromStored(row as Parameters<typeof fromStored>[0]));
      metadata.set(String(row.id), { seq: Number(row.seq), record });
    }
    db.close();
  }
  return { objects: [...objects.values()], metadata, unfinished };
}

/** The deployments that have left their objects, by their ids: from the files that they have left in the embedded bucket. */
async function endedIn(persist: string): Promise<Map<string, z.infer<typeof Saved>>> {
  const ended = new Map<string, z.infer<typeof Saved>>();
  const buckets = await readdir(join(persist, 'r2'));
  for (const db of await databases(persist, 'r2', 'miniflare-R2BucketObject')) {
    const files = db.prepare("SELECT blob_id AS blob FROM _mf_objects WHERE key LIKE 'deployments/%'").all();
    for (const { blob } of files) {
      const folder = buckets.find((name) => existsSync(join(blobFolder(persist, name), String(blob))));
      if (folder === undefined) throw new Error(`The bytes of ${blob} are missing`);
      const { seq, memory } = JSON.parse(
        gunzipSync(await readFile(join(blobFolder(persist, folder), String(blob)))).toString(),
      );
      const saved = Saved.parse({ ...memory, seq });
      ended.set(saved.spec.id, saved);
    }
    db.close();
  }
  return ended;
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

/** Whether all records agree and nothing is pending. Pure. */
export function judgeRecords({ objects, metadata, unfinished }: Records): string[] {
  const faults = Object.entries(unfinished).flatMap(([what, rows]) =>
    rows === 0 ? [] : [`${rows} ${what}`],
  );
  const extra = new Set(metadata.keys());
  for (const { spec, state, seq } of objects) {
    const { id } = spec;
    const { lease, ...compared } = state;
    extra.delete(id);
    if (lease !== null) faults.push(`${id} still has a lease`);
    const stored = metadata.get(id);
    if (stored === undefined) {
      faults.push(`${id} is missing in metadata`);
      continue;
    }
    if (stored.seq !== seq) faults.push(`${id}: metadata has event ${stored.seq}, the object ${seq}`);
    if (JSON.stringify(stored.record) !== JSON.stringify(Compared.parse(compared)))
      faults.push(
        `${id}: metadata has ${JSON.stringify(stored.record)}, the object ${JSON.stringify(compared)}`,
      );
  }
  for (const id of extra) faults.push(`${id} is in metadata but has no object`);
  return faults;
}
