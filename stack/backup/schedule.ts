/** Backups by a schedule: whether one is due, and a loop that runs it beside a running instance. */

import { join } from 'node:path';
import process from 'node:process';
import { Cron } from 'croner';
import { execa } from 'execa';
import { ROOT } from '../command.ts';
import { messageOf, StackProblem } from '../problem.ts';
import { reportStatus } from './report.ts';
import { readStatus, type Status } from './status.ts';

/** How often it is looked at whether a backup is due, in milliseconds. A schedule is to the minute. */
const LOOK_EVERY_MS = 20_000;

/** A backup that failed is tried again after this time, in milliseconds, if the schedule doesn't come first. */
const TRY_AGAIN_AFTER_MS = 3_600_000;

/** Checks the expression of a schedule. @throws StackProblem `arguments_invalid` */
export function checkCron(expression: string): void {
  try {
    if (new Cron(expression).nextRun() !== null) return;
  } catch {
    // Said below, in our words.
  }
  throw new StackProblem(
    'arguments_invalid',
    `--schedule "${expression}" is not a time that comes again`,
    'write minute, hour, day of month, month and day of week: "0 3 * * *" is every day at 3:00',
  );
}

/**
 * Whether a scheduled backup is due at `now`: its time has come since the last attempt, even if nothing ran then, or the last
 * attempt failed an hour ago.
 */
export function isDue({ schedule, last }: Pick<Status, 'schedule' | 'last'>, now: Date): boolean {
  if (schedule === null) return false;
  const since = last === null ? new Date(schedule.since) : new Date(last.triedAt);
  if (since > now) return false;
  const next = new Cron(schedule.cron).nextRun(since);
  if (next !== null && next <= now) return true;
  return last?.error != null && now.getTime() - since.getTime() >= TRY_AGAIN_AFTER_MS;
}

/**
 * Runs the backups of an instance's schedule while the instance runs, each in a process of its own. What fails is said, and
 * is in the status for the operator.
 * @returns what ends it; a backup in progress is ended too
 */
export function runSchedule(
  state: string,
  env: NodeJS.ProcessEnv,
  say: (text: string, level: 'error') => void,
  lookEveryMs = LOOK_EVERY_MS,
): () => Promise<void> {
  const ending = new AbortController();
  let running: Promise<void> | null = null;
  let reported = false;
  const look = async () => {
    if (!isDue(await readStatus(state), new Date())) return;
    const { exitCode, all } = await execa(
      process.execPath,
      [join(ROOT, 'stack', 'backup.ts'), '--scheduled'],
      {
        cwd: ROOT,
        env: { ...env, APPFLUX_STATE: state },
        stdin: 'ignore',
        all: true,
        reject: false,
        cancelSignal: ending.signal,
      },
    );
    if (exitCode !== 0 && !ending.signal.aborted)
      say(`The scheduled backup failed: ${all.trim().split('\n').at(-1)}`, 'error');
  };
  const begin = async () => {
    // Backups that were made while the instance was stopped could not be reported to it.
    if (!reported) await reportStatus(state);
    reported = true;
    await look();
  };
  const timer = setInterval(() => {
    running ??= begin()
      .catch((error: unknown) => say(`The backup schedule can't be read (${messageOf(error)})`, 'error'))
      .finally(() => {
        running = null;
      });
  }, lookEveryMs);
  timer.unref();
  return async () => {
    clearInterval(timer);
    ending.abort();
    await running;
  };
}
