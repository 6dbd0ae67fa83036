/** The databases of a copied state: made whole, checked, and asked for the objects that they name. */
import { DatabaseSync } from 'node:sqlite';
import { messageOf } from '../../problem.ts';

/**
 * Brings what is in a database's WAL into its main file, as the next start would after a power cut, and checks it.
 * @returns null when it is whole, or what is wrong with it
 */
export function settleDatabase(path: string): string | null {
  try {
    const database = new DatabaseSync(path);
    try {
      database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
      const rows = database.prepare('PRAGMA integrity_check').all();
      const first = rows[0]?.integrity_check;
      return rows.length === 1 && first === 'ok' ? null : String(first);
    } finally {
      database.close();
    }
  } catch (error) {
    // SQLite's own words for a file that is no database, or whose header is damaged.
    return messageOf(error);
  }
}

/** Whether a database is one of those in which the embedded storage lists its objects. */
export const isObjectList = (path: string): boolean =>
  /^edge\/r2\/[^/]+\/(?!metadata\.sqlite$)[^/]+\.sqlite$/.test(path);

/** The files of objects that such a database names, with the keys of the objects that they belong to. */
export function objectFiles(path: string): Map<string, string> {
  const database = new DatabaseSync(path);
  try {
    const named = database
      .prepare(
        `SELECT blob_id AS blob, key FROM _mf_objects WHERE blob_id IS NOT NULL
         UNION ALL SELECT blob_id, COALESCE(object_key, upload_id) FROM _mf_multipart_parts`,
      )
      .all();
    return new Map(named.map(({ blob, key }) => [String(blob), String(key)]));
  } finally {
    database.close();
  }
}
