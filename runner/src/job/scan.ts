/** Looks for malware in the source. */
import type { StepContext, Workspace } from './step.ts';

/** Says that nothing was scanned: this runner has no scanner configured. */
export async function scanSource(_workspace: Workspace, ctx: StepContext): Promise<void> {
  ctx.log('No malware scan was made: this runner has no scanner configured.');
}
