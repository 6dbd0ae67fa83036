/** Reports to a running instance how its backups go, so that its operator sees it. */
import { createClient, RefusedError } from '@appflux/client';
import type { BackupStatus } from '@appflux/protocol';
import { Cron } from 'croner';
import { messageOf } from '../problem.ts';
import { statePaths } from '../state.ts';
import { Control } from './capture/control.ts';
import { readStatus } from './status.ts';

/** How long the instance may take to answer, in milliseconds. */
const ANSWERS_WITHIN_MS = 10_000;

/** The longest error that is reported, in UTF-16 units. */
const LONGEST_ERROR = 1_000;

/** What only the command knows that has just used a backup. */
export type JustFound = Pick<BackupStatus, 'bytes' | 'verifiedAt'>;

/**
 * Reports the status of a state folder's backups to the instance, if it runs.
 * @returns null, or why it could not be reported; a backup is none the worse for that
 */
export async function reportStatus(state: string, found: JustFound = {}): Promise<string | null> {
  try {
    const control = await Control.connect(statePaths(state).control);
    if (control === null) return null;
    const { url, variables } = await control.describe().finally(() => control.close());
    const { last, schedule } = await readStatus(state);
    if (last === null) return null;
    return await putReport(url, variables.OPERATOR_SECRET ?? '', {
      ...last,
      schedule: schedule?.cron ?? null,
      nextAt: schedule === null ? null : (new Cron(schedule.cron).nextRun()?.toISOString() ?? null),
      ...found,
    });
  } catch (error) {
    return messageOf(error);
  }
}

/** Reports how a backup went to the instance at a URL. Gives null, or how it refused; throws when it doesn't answer. */
export async function putReport(
  url: string,
  operatorSecret: string,
  status: BackupStatus,
): Promise<string | null> {
  const { operator } = createClient({ url, token: operatorSecret, timeoutMs: ANSWERS_WITHIN_MS });
  try {
    await operator.reportBackup({ ...status, error: status.error?.slice(0, LONGEST_ERROR) ?? null });
    return null;
  } catch (error) {
    if (error instanceof RefusedError) return `${error.httpStatus} ${error.message}`;
    throw error;
  }
}
