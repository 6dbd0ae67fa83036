import { IDEMPOTENCY_HOURS } from '../metadata.ts';
import { firstObjectIdOf } from '../object-id.ts';
import type { Database } from './database.ts';

/** Removes what has expired by `now`; see Metadata.removeExpired. */
export async function removeExpired(database: Database, now: string, auditBefore: string): Promise<void> {
  const keysBefore = new Date(Date.parse(now) - IDEMPOTENCY_HOURS * 3_600_000).toISOString();
  await database.batch([
    { sql: "DELETE FROM tokens WHERE kind <> 'api' AND expires_at <= ?", values: [now] },
    { sql: 'DELETE FROM refresh_tokens WHERE expires_at <= ?', values: [now] },
    { sql: 'DELETE FROM idempotency_keys WHERE created_at < ?', values: [keysBefore] },
    { sql: 'DELETE FROM audit WHERE id < ?', values: [firstObjectIdOf(auditBefore)] },
  ]);
}
