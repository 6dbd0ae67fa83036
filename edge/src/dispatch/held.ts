/** Whether jobs are held: during maintenance, and while the instance's disk is too full for new work. */
import { lowDiskReason } from '../disk/disk.ts';
import type { Env } from '../env.ts';
import { journal } from '../journal.ts';
import { maintenanceOf } from '../maintenance/object.ts';
import { maintenanceReason } from '../maintenance/reason.ts';

/** Whether no job may be handed out. Throws when that is not known. */
export const areJobsHeld = async (env: Env): Promise<boolean> =>
  (await maintenanceOf(env).notice()) !== null || (await lowDiskReason(env)) !== null;

/** Why no job is handed out; null while jobs are. */
export const heldReason = async (env: Env): Promise<string | null> =>
  (await reasonOfMaintenance(env)) ?? (await lowDiskReason(env));

async function reasonOfMaintenance(env: Env): Promise<string | null> {
  try {
    const notice = await maintenanceOf(env).notice();
    return notice === null ? null : maintenanceReason(notice);
  } catch (error) {
    // The other reasons are of use without it. Jobs are held until it answers.
    journal.error('reading whether the instance is in maintenance failed', error);
    return null;
  }
}
