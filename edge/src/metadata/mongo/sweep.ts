import type { Db } from 'mongodb';
import { IDEMPOTENCY_HOURS } from '../metadata.ts';
import { firstObjectIdOf } from '../object-id.ts';
import { Records } from './database.ts';
import { idOf } from './documents.ts';

/** Removes what has expired by `now`; see Metadata.removeExpired. */
export async function removeExpired(db: Db, now: string, auditBefore: string): Promise<void> {
  const keysBefore = new Date(Date.parse(now) - IDEMPOTENCY_HOURS * 3_600_000).toISOString();
  await new Records(db, 'tokens').remove({ kind: { $ne: 'api' }, expiresAt: { $lte: now } });
  await new Records(db, 'refreshTokens').remove({ expiresAt: { $lte: now } });
  await new Records(db, 'idempotencyKeys').remove({ createdAt: { $lt: keysBefore } });
  await new Records(db, 'audit').remove({ _id: { $lt: idOf(firstObjectIdOf(auditBefore)) } });
}
