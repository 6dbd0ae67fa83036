/** The Worker's cron triggers: which one fired decides what runs. */
import type { Env } from '../env.ts';
import { metadataOf } from '../metadata/index.ts';
import { runSchedules } from '../schedules/run.ts';
import { sweep } from './sweep.ts';

/** The expression of wrangler.toml that runs the schedules of apps. All others sweep. */
export const EACH_MINUTE = '* * * * *';

export async function onCron(controller: ScheduledController, env: Env): Promise<void> {
  if (controller.cron !== EACH_MINUTE) return sweep(controller, env);
  await runSchedules({ env, metadata: metadataOf(env) }, new Date(controller.scheduledTime));
}
