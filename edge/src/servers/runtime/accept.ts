/** `POST /events` of ServerControl: what the server host has seen of the servers of sites. */
import { issuesOf, MAX_RUNTIME_LINES, RuntimeBatch } from '@appflux/protocol';
import type { Env } from '../../env.ts';
import { journal } from '../../journal.ts';
import { runtimeOf } from '../../objects/runtime.ts';
import type { AppBatch } from './object.ts';
import { placed } from './source-places.ts';

/** A batch has half a megabyte of lines, and the counts of 1,000 deployments at most. */
const MAX_BATCH_BYTES = 8 * 1024 * 1024;

/** Splits a batch by app and hands each part to the app's object. Its answer is empty; anything but 204 is to be repeated. */
export async function acceptEvents(request: Request, env: Env): Promise<Response> {
  const batch = await batchIn(request);
  if (batch === null) return new Response(null, { status: 204 });
  const byApp = Map.groupBy(batch.entries, ({ appId }) => appId);
  const parts = await Promise.allSettled(
    [...byApp].map(async ([appId, entries]) => {
      const lines: AppBatch['lines'][number][] = [];
      for (const { deploymentId, environment, events } of entries) {
        const found = await placed(env, { id: deploymentId, appId }, events);
        lines.push(...found.map((event) => ({ ...event, deploymentId, environment })));
      }
      const counts = entries.flatMap(({ deploymentId, environment, counts }) =>
        counts.map((one) => ({ ...one, deploymentId, environment })),
      );
      await runtimeOf(env, appId).append({
        id: batch.id,
        lines: lines.slice(0, 2 * MAX_RUNTIME_LINES),
        counts,
      });
    }),
  );
  const failed = parts.find((part) => part.status === 'rejected');
  if (failed === undefined) return new Response(null, { status: 204 });
  // The whole batch comes again: objects that have their part already leave it out.
  journal.error('what was seen of a server could not be stored', failed.reason);
  return new Response(null, { status: 503 });
}

/** The batch; null for what is none, which is a fault of ours and would not get better by being sent again. */
async function batchIn(request: Request): Promise<RuntimeBatch | null> {
  const text = await request.text();
  if (text.length > MAX_BATCH_BYTES) {
    journal.error(`a batch of the server host has ${text.length} characters and was dropped`);
    return null;
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    journal.error('a batch of the server host is not JSON and was dropped', error);
    return null;
  }
  const parsed = RuntimeBatch.safeParse(value);
  if (parsed.success) return parsed.data;
  journal.error(
    `a batch of the server host is invalid and was dropped: ${JSON.stringify(issuesOf(parsed.error).slice(0, 5))}`,
  );
  return null;
}
