/** Which schedules are due, and how they stand after that. Pure. */
import type { Schedule, ScheduleStatus } from '@appflux/protocol';
import { nextAfter, timesBetween } from '../cron-expression.ts';

/** A schedule that is due. */
export interface Due {
  /** Its place in the list. */
  readonly index: number;
  readonly schedule: ScheduleStatus;
  /** The first time that it was due and did not run (ISO 8601). */
  readonly at: string;
}

/** The schedules that are due by `now`, and all of them as they are after that run. */
export function advance(
  schedules: readonly ScheduleStatus[],
  now: Date,
): { due: Due[]; schedules: ScheduleStatus[] } {
  const due: Due[] = [];
  const advanced = schedules.map((schedule, index) => {
    if (schedule.nextAt === null || new Date(schedule.nextAt) > now) return schedule;
    due.push({ index, schedule, at: schedule.nextAt });
    // However many times it was due while the instance did not run, it runs once.
    const times = timesBetween(schedule.cron, new Date(schedule.nextAt), now);
    const nextAt = nextAfter(schedule.cron, now)?.toISOString() ?? null;
    return { ...schedule, nextAt, missed: schedule.missed + Math.max(0, times - 1) };
  });
  return { due, schedules: advanced };
}

/** When the first of the schedules is due (ISO 8601); null if none is. */
export function firstDue(schedules: readonly ScheduleStatus[]): string | null {
  const times = schedules.flatMap(({ nextAt }) => (nextAt === null ? [] : [nextAt]));
  return times.sort()[0] ?? null;
}

/** Whether two schedules deploy the same at the same times. */
export const isSame = (a: Schedule, b: Schedule): boolean =>
  a.cron === b.cron && a.branch === b.branch && a.environment === b.environment;
