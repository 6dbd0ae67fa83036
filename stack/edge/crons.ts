/** Fires the Worker's cron triggers: nothing else does locally. */
import { Cron } from 'croner';
import type { Miniflare } from 'miniflare';
import { CONTROL_PLANE } from './options.ts';

/** Starts calling the control plane's `scheduled` handler at the times of each expression (UTC, as Cloudflare does). */
export function startCrons(
  miniflare: Pick<Miniflare, 'getWorker'>,
  expressions: readonly string[],
  onError: (error: unknown) => void,
): { stop(): void } {
  const jobs = expressions.map(
    (cron) =>
      // `protect`: a run that takes longer than its interval does not overlap with the next.
      new Cron(cron, { timezone: 'UTC', protect: true, unref: true, catch: onError }, async () => {
        const worker = await miniflare.getWorker(CONTROL_PLANE);
        await worker.scheduled({ cron });
      }),
  );
  return {
    stop: () => {
      for (const job of jobs) job.stop();
    },
  };
}
