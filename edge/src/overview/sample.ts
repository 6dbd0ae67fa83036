/** The daily sample of disks and storage, which forecasts are made from. */
import type { Env } from '../env.ts';
import { dayOf } from '../metadata/day.ts';
import { attempt } from '../operations/attempt.ts';
import { operationsOf } from '../operations/object.ts';
import { sweepOf } from '../retention/object.ts';
import { diskId } from './disks.ts';
import { machineStatus } from './machine.ts';

/** Listing a large bucket takes its time; the cron has 15 minutes. */
const MEASURED_WITHIN_MS = 240_000;

/** Takes the sample of the day unless there is one, or tries again if storage could not be measured. */
export async function takeSample(env: Env, now: number): Promise<void> {
  const operations = operationsOf(env);
  const [newest] = await operations.samples(1);
  if (newest?.day === dayOf(now) && newest.stored !== null) return;
  const [machine, stored, backup] = await Promise.all([
    attempt('the status of the machine', MEASURED_WITHIN_MS, () => machineStatus(env)),
    attempt('the size of storage', MEASURED_WITHIN_MS, () => operations.measure()),
    sweepOf(env).backup(),
  ]);
  const disks = (machine?.disks ?? []).map(({ what, totalBytes, freeBytes }) => ({
    id: diskId('instance', what),
    totalBytes,
    usedBytes: Math.max(0, totalBytes - freeBytes),
  }));
  await operations.addSample({ at: now, disks, stored, backupBytes: backup?.bytes ?? null });
}
