/** Fires the Worker's cron triggers: nothing else does locally. */
import { type IncomingMessage, request } from 'node:http';
import { json } from 'node:stream/consumers';
import { Cron } from 'croner';
import { z } from 'zod';
import { connectTo } from '../socket-path.ts';

/** How a run ended, as workerd calls it. */
const Ended = z.object({ outcome: z.string() });

/**
 * Starts calling the control plane's `scheduled` handler at the times of each expression (UTC, as Cloudflare does).
 * @param socket the Unix socket of workerd that takes them, absolute
 */
export function startCrons(
  socket: string,
  expressions: readonly string[],
  onError: (error: unknown) => void,
): { stop(): void } {
  const jobs = expressions.map(
    (cron) =>
      // `protect`: a run that takes longer than its interval does not overlap with the next.
      new Cron(cron, { timezone: 'UTC', protect: true, unref: true, catch: onError }, async () => {
        const { outcome } = await fire(socket, { cron, at: Date.now() });
        if (outcome !== 'ok') throw new Error(`${cron}: ${outcome}`);
      }),
  );
  return {
    stop: () => {
      for (const job of jobs) job.stop();
    },
  };
}

/** Runs a cron, and waits until it has ended. @throws Error if workerd can't be reached or does not answer as expected */
async function fire(socket: string, run: { cron: string; at: number }): Promise<z.infer<typeof Ended>> {
  const response = new Promise<IncomingMessage>((resolve, reject) => {
    request({ createConnection: () => connectTo(socket), method: 'POST', path: '/' })
      .once('response', resolve)
      .once('error', reject)
      .end(JSON.stringify(run));
  });
  return Ended.parse(await json(await response));
}
