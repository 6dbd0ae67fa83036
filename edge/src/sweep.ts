/** What the cron removes: uploads that were begun and never completed. */
import { sweepUploads } from './api/uploads.ts';
import type { Env } from './env.ts';
import { metadataOf } from './metadata/index.ts';
import { objectsOf, uploadsOf } from './storage/index.ts';

export async function sweep(_controller: ScheduledController, env: Env): Promise<void> {
  await sweepUploads(metadataOf(env), objectsOf(env), uploadsOf(env), new Date());
}
