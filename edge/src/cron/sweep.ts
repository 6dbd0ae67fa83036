/**
 * What the cron removes: what has expired or is old, what retention removes of Apps, and uploads that were begun and never
 * completed or that retention has given up.
 */
import { sweepUploads } from '../api/uploads.ts';
import { auditBefore } from '../audit/retention.ts';
import type { Env } from '../env.ts';
import { journal } from '../journal.ts';
import { metadataOf } from '../metadata/index.ts';
import { sweepOf } from '../retention/object.ts';
import { afterRun, dueRound } from '../retention/round.ts';
import { sweepFrom } from '../retention/run.ts';
import { objectsOf, presignerOf } from '../storage/index.ts';

export async function sweep({ scheduledTime }: ScheduledController, env: Env): Promise<void> {
  const now = new Date(scheduledTime);
  const metadata = metadataOf(env);
  await metadata.removeExpired(now.toISOString(), auditBefore(env, now));
  try {
    await sweepRetention(env, now.getTime());
  } catch (error) {
    // The round goes on where it was at the next run; what has nothing to do with it is not to wait for that.
    journal.error('retention: this run broke off', error);
  }
  await sweepUploads(metadata, objectsOf(env), presignerOf(env), now);
}

/** One run of the round that is due, if one is. */
async function sweepRetention(env: Env, now: number): Promise<void> {
  const kept = sweepOf(env);
  const round = dueRound(await kept.round(), now);
  if (round?.position == null) return;
  const parts = { env, metadata: metadataOf(env), objects: objectsOf(env) };
  const run = await sweepFrom(parts, { from: round.position, dryRun: false, now });
  await kept.note(afterRun(round, run));
}
