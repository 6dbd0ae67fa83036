import type { Db } from 'mongodb';
import { IDEMPOTENCY_HOURS } from '../metadata.ts';
import { Records } from './database.ts';

/** Removes what has run out by `now`; see Metadata.removeExpired. */
export async function removeExpired(db: Db, now: string): Promise<void> {
  const keysBefore = new Date(Date.parse(now) - IDEMPOTENCY_HOURS * 3_600_000).toISOString();
  await new Records(db, 'tokens').remove({ kind: { $ne: 'api' }, expiresAt: { $lte: now } });
  await new Records(db, 'refreshTokens').remove({ expiresAt: { $lte: now } });
  await new Records(db, 'idempotencyKeys').remove({ createdAt: { $lt: keysBefore } });
}
