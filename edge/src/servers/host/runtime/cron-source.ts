/**
 * Runs of a server's `scheduled` handler. The platform has no scheduled events for loaded Workers, so the entry module has
 * an entry point that calls the handler as the platform would, with one method for each expression: its name says in a trace
 * which one it was.
 */
import { z } from 'zod';

/** The entry point's name. An export of the server with this name is hidden by it. */
export const CRON_ENTRYPOINT = 'AppFluxCron';

/** The method of the expression with this index. */
export const cronMethod = (index: number): string => `cron${index}`;

/** Which expression a method is for; null if it is none of these. */
export function cronOfMethod(method: unknown, crons: readonly string[]): string | null {
  const index = typeof method === 'string' ? /^cron(\d{1,2})$/.exec(method)?.[1] : undefined;
  return index === undefined ? null : (crons[Number(index)] ?? null);
}

/** What a run gives back. It comes from the server's isolate, so it is no more than a claim. */
export const CronAnswer = z.discriminatedUnion('outcome', [
  z.object({ outcome: z.literal('ok') }),
  z.object({ outcome: z.literal('no_handler') }),
  z.object({ outcome: z.literal('threw'), error: z.string() }),
]);
export type CronAnswer = z.infer<typeof CronAnswer>;

/** Source for the entry module. `server` is the server's main module, as an import names it in quotation marks. */
export function cronSource(server: string, crons: readonly string[]): string {
  if (crons.length === 0) return '';
  const methods = crons.map(
    (cron, index) => `  ${cronMethod(index)}(time) { return this.#run(${JSON.stringify(cron)}, time); }`,
  );
  return `
import { WorkerEntrypoint } from 'cloudflare:workers';
import * as server from ${server};
export class ${CRON_ENTRYPOINT} extends WorkerEntrypoint {
${methods.join('\n')}
  async #run(cron, scheduledTime) {
    try {
      const own = server.default;
      const handler = typeof own === 'function' ? new own(this.ctx, this.env) : own;
      if (typeof handler?.scheduled !== 'function') return { outcome: 'no_handler' };
      await handler.scheduled({ cron, scheduledTime, type: 'scheduled', noRetry() {} }, this.env, this.ctx);
      return { outcome: 'ok' };
    } catch (error) {
      return { outcome: 'threw', error: String(error instanceof Error ? (error.stack ?? error) : error).slice(0, 20_000) };
    }
  }
}
`;
}
