/** How long the audit log is kept. */
import type { Env } from '../env.ts';

const DAY_MS = 24 * 3_600_000;

/** Entries of the audit log that are older than this (ISO 8601) go. What is no number of days keeps them all. */
export function auditBefore({ AUDIT_DAYS: asked }: Pick<Env, 'AUDIT_DAYS'>, now: Date): string {
  const days = /^\d{1,6}$/.test(asked) ? Number(asked) : Number.POSITIVE_INFINITY;
  return new Date(Math.max(0, now.getTime() - days * DAY_MS)).toISOString();
}
