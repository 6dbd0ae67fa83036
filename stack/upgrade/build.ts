/**
 * Builds what a start of this version would build. The upgrade of an earlier version runs this program in the folder where
 * it prepares the new one, while the earlier one still runs; so it takes no arguments, and must stay here.
 */
import { ROOT, runCommand } from '../command.ts';
import { ensureDashboard } from '../dashboard.ts';
import { progressOn } from '../progress.ts';

await runCommand(async () => {
  await ensureDashboard(ROOT, process.env, progressOn(process.stdout));
  return 0;
});
