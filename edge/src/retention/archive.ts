/**
 * Archiving an app's deployments: those that are old, and of which nothing but the record is left. Their objects leave a
 * file with the record in storage first; only then does metadata let go of it.
 */
import { AppFluxError } from '@appflux/protocol';
import type { Env } from '../env.ts';
import { journal } from '../journal.ts';
import type { Budget } from '../limits/budget.ts';
import type { Metadata } from '../metadata/metadata.ts';
import type { Place } from '../metadata/paging.ts';
import { deploymentOf } from '../objects/deployments.ts';

/** After how many days a deployment may be archived, unless ARCHIVE_DAYS says something else. */
const ARCHIVE_DAYS = 180;

/** The longest that may be set, in days. */
const MOST_DAYS = 3650;

const DAY_MS = 24 * 60 * 60 * 1000;

/** How many deployments are archived at a time, and how many of their objects are asked side by side. */
const SOME = 60;
const SIDE_BY_SIDE = 6;

/** How many requests some deployments take, and each of them: a call of its object, which reads its file. */
const COSTS = { some: 2, each: 1 };

/**
 * Before when (ISO 8601) a deployment must have been created to be archived at `now` (Unix milliseconds); null when
 * ARCHIVE_DAYS is 0. Throws `unavailable` when it is no valid number.
 */
export function archiveBefore(env: Pick<Env, 'ARCHIVE_DAYS'>, now: number): string | null {
  const { ARCHIVE_DAYS: text = String(ARCHIVE_DAYS) } = env;
  const days = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isNaN(days) || days > MOST_DAYS) {
    throw new AppFluxError('unavailable', 'This instance is not set up: ARCHIVE_DAYS is not a valid number', {
      hint: 'docs/operations.md says what it may be.',
    });
  }
  return days === 0 ? null : new Date(now - days * DAY_MS).toISOString();
}

/**
 * Archives what it may of an app's deployments, as far as the budget allows. One whose object doesn't leave is tried again
 * by the next sweep.
 * @returns whether all were looked at
 */
export async function archiveApp(
  appId: string,
  { env, metadata }: { env: Env; metadata: Metadata },
  { budget, now }: { budget: Budget; now: number },
): Promise<boolean> {
  const before = archiveBefore(env, now);
  if (before === null) return true;
  let after: Place | null = null;
  while (!budget.isSpent) {
    const places: Place[] = await metadata.deployments.archivable(appId, before, after, SOME);
    budget.spend(COSTS.some + COSTS.each * places.length);
    const stored: { id: string; seq: number }[] = [];
    for (let from = 0; from < places.length; from += SIDE_BY_SIDE) {
      const some = places.slice(from, from + SIDE_BY_SIDE);
      stored.push(
        ...(await Promise.all(some.map(({ id }) => leave(env, id)))).filter((left) => left !== null),
      );
    }
    if (stored.length > 0) await metadata.deployments.archive(appId, stored);
    after = places.at(-1) ?? null;
    if (places.length < SOME) return true;
  }
  return false;
}

/** Asks a deployment's object to leave its file in storage; null when there is none. */
async function leave(env: Env, id: string): Promise<{ id: string; seq: number } | null> {
  try {
    const seq = await deploymentOf(env, id).leave();
    return seq === null ? null : { id, seq };
  } catch (error) {
    journal.error(`retention: archiving deployment ${id} failed`, error);
    return null;
  }
}
