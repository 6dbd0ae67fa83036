/** The daily sample of disks and storage, which forecasts are made from. */
import type { Env } from '../env.ts';
import { dayOf } from '../metadata/day.ts';
import { metadataOf } from '../metadata/index.ts';
import { attempt } from '../operations/attempt.ts';
import { operationsOf } from '../operations/object.ts';
import { poolOf } from '../pools/team-pool.ts';
import { sweepOf } from '../retention/object.ts';
import { type CurrentDisk, diskId, runnerDisks } from './disks.ts';
import { currentDisks } from './machine.ts';

/** Listing a large bucket takes its time; the cron has 15 minutes. */
const MEASURED_WITHIN_MS = 240_000;

/** Teams whose runners' disks are sampled. */
const MOST_POOLS = 20;

/** The disks of the instance's machine, and of connected runners. */
async function allDisks(env: Env): Promise<CurrentDisk[]> {
  const { metrics } = metadataOf(env);
  const teams = await metrics.runners(await metrics.teams(1_000));
  const pools = teams.slice(0, MOST_POOLS).map(({ teamId }) => poolOf(env, teamId).online());
  return [...(await currentDisks(env)), ...runnerDisks((await Promise.all(pools)).flat())];
}

/** Takes the sample of the day unless there is one, or tries again if storage could not be measured. */
export async function takeSample(env: Env, now: number): Promise<void> {
  const operations = operationsOf(env);
  const [newest] = await operations.samples(1);
  if (newest?.day === dayOf(now) && newest.stored !== null) return;
  const [current, stored, backup] = await Promise.all([
    attempt('the disks of the machine', MEASURED_WITHIN_MS, () => allDisks(env)),
    attempt('the size of storage', MEASURED_WITHIN_MS, () => operations.measure()),
    sweepOf(env).backup(),
  ]);
  const disks = (current ?? []).map(({ on, what, totalBytes, freeBytes }) => ({
    id: diskId(on, what),
    totalBytes,
    usedBytes: Math.max(0, totalBytes - freeBytes),
  }));
  await operations.addSample({ at: now, disks, stored, backupBytes: backup?.bytes ?? null });
}
