/**
 * Counting downloads: gathered in the Worker's memory, then written into metadata. `event-queue` takes what metadata doesn't,
 * with the same id: a batch that was written after all is not counted again.
 */
import type { Context } from 'hono';
import type { Env } from '../env.ts';
import type { ApiEnv } from '../http/router.ts';
import { journal } from '../journal.ts';
import { sendMessage } from '../limits/message.ts';
import { dayOf } from '../metadata/day.ts';
import { metadataOf } from '../metadata/index.ts';
import type { DeploymentRecord } from '../metadata/metadata.ts';
import { newObjectId } from '../metadata/object-id.ts';
import { GATHER_MS, Tally } from './tally.ts';

/** Of this instance of the Worker: plain numbers, which any request may touch. */
const tally = new Tally();

/** Counts a download that begins now. The answer does not wait for it. */
export function countDownload(
  c: Context<ApiEnv>,
  { id: deploymentId, appId }: DeploymentRecord,
  artifact: string,
): void {
  const now = Date.now();
  if (!tally.add({ appId, deploymentId, artifact, day: dayOf(now) }, now)) return;
  c.executionCtx.waitUntil(sendLater(c.env));
}

async function sendLater(env: Env): Promise<void> {
  await scheduler.wait(GATHER_MS);
  for (const counts of tally.take()) {
    const batchId = newObjectId();
    try {
      await metadataOf(env).downloads.add(batchId, counts);
    } catch (error) {
      journal.error(`Downloads of ${counts.length} artifacts go to the queue`, error);
      await sendMessage(env.EVENT_QUEUE, { kind: 'downloads', batchId, counts }).catch(lost);
    }
  }
}

/** Sent again they might be counted twice: a count that is too low is the lesser fault. */
const lost = (error: unknown) => journal.error('Downloads were not counted', error);
