/** What the cron removes: uploads that were begun and never completed, and what has run out. */
import { sweepUploads } from './api/uploads.ts';
import type { Env } from './env.ts';
import { metadataOf } from './metadata/index.ts';
import { objectsOf, uploadsOf } from './storage/index.ts';

export async function sweep(_controller: ScheduledController, env: Env): Promise<void> {
  const now = new Date();
  const metadata = metadataOf(env);
  await metadata.removeExpired(now.toISOString());
  await sweepUploads(metadata, objectsOf(env), uploadsOf(env), now);
}
