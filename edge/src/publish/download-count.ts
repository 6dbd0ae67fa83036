/** Counting downloads: gathered in the Worker's memory, brought into metadata by `event-queue`. */
import type { Context } from 'hono';
import type { Env } from '../env.ts';
import type { ApiEnv } from '../http/router.ts';
import { journal } from '../journal.ts';
import { sendMessage } from '../limits/message.ts';
import { dayOf } from '../metadata/day.ts';
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
    try {
      await sendMessage(env.EVENT_QUEUE, { kind: 'downloads', batchId: newObjectId(), counts });
    } catch (error) {
      // Sent again it might be counted twice: a count that is too low is the lesser fault.
      journal.error(`Downloads of ${counts.length} artifacts were not counted`, error);
    }
  }
}
