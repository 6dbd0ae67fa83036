/**
 * What the cron removes: what has expired or is old, what retention removes of Apps, and uploads that were begun and never
 * completed or that retention has given up.
 */
import { sweepUploads } from '../api/uploads.ts';
import { auditBefore } from '../audit/retention.ts';
import type { Env } from '../env.ts';
import { journal } from '../journal.ts';
import { metadataOf } from '../metadata/index.ts';
import { operationsOf } from '../operations/object.ts';
import { storeErrors } from '../operations/store-errors.ts';
import { takeSample } from '../overview/measure-daily.ts';
import { sweepOf } from '../retention/object.ts';
import { retentionDefaults } from '../retention/policy.ts';
import { objectsOf, presignerOf } from '../storage/index.ts';
import { removeLostRunners } from './ephemeral-runners.ts';

/** Where its errors come from. */
const CRON = { source: 'cron' };

export async function sweep({ scheduledTime }: ScheduledController, env: Env): Promise<void> {
  const startedAt = Date.now();
  let failure: string | null = null;
  try {
    await runSweep(new Date(scheduledTime), env);
    await takeSample(env, Date.now());
  } catch (error) {
    failure = error instanceof Error ? error.message : String(error);
    journal.error('cron: a run failed', error, CRON);
    throw error;
  } finally {
    // What the operator sees of the cron is late, should this fail.
    await operationsOf(env)
      .noteCron({ startedAt, endedAt: Date.now(), error: failure })
      .catch((error: unknown) => journal.error('cron: the run could not be noted', error, CRON));
    await storeErrors(env);
  }
}

async function runSweep(now: Date, env: Env): Promise<void> {
  const metadata = metadataOf(env);
  await metadata.removeExpired(now.toISOString(), auditBefore(env, now));
  await removeLostRunners(env, metadata, now.getTime());
  try {
    await sweepOf(env).runRound(now.getTime(), retentionDefaults(env));
  } catch (error) {
    // The round goes on where it was at the next run; what has nothing to do with it is not to wait for that.
    journal.error('retention: this run broke off', error, CRON);
  }
  await sweepUploads(metadata, objectsOf(env), presignerOf(env), now);
}
