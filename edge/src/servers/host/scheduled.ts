/** Runs a cron of a site's server. */
import { ScheduledRun } from '../visit/protocol.ts';
import type { HostEnv } from './env.ts';
import { failureOf, loadServer, nameOf } from './load.ts';
import { CRON_ENTRYPOINT, CronAnswer, cronMethod } from './runtime/cron-source.ts';
import { knownMask, lineOf, noteLine } from './runtime/observe.ts';
import { thrownEvent } from './runtime/trace.ts';

const AWAY = 'Not run: the server could not be loaded, because storage or the control plane doesn’t respond.';

/** Runs the server's `scheduled` handler and notes how that went in its log. 503 if the server can't be loaded now. */
export async function runScheduled(request: Request, env: HostEnv, ctx: ExecutionContext): Promise<Response> {
  const { cron, index, scheduledTime, ...id } = ScheduledRun.parse(await request.json());
  const startedAt = Date.now();
  const note = (...[text, more]: Parameters<typeof lineOf>) =>
    noteLine(id, lineOf(text, { kind: 'cron', cron, ...more }), env, ctx);
  const server = loadServer(id, env, ctx, CRON_ENTRYPOINT) as
    | (Fetcher & Record<string, (time: number) => Promise<unknown>>)
    | null;
  try {
    const answer = CronAnswer.parse(await server?.[cronMethod(index)]?.(scheduledTime));
    const took = `${Date.now() - startedAt} ms`;
    if (answer.outcome === 'ok') note(`Ran in ${took}.`, { level: 'info' });
    else if (answer.outcome === 'no_handler') note('The server exports no scheduled() handler.');
    else {
      const mask = knownMask(nameOf(id));
      if (mask !== undefined)
        noteLine(id, thrownEvent(answer.error, mask, { cron, request: null }), env, ctx);
      note(`Failed after ${took}.`);
    }
    return new Response(null, { status: 204 });
  } catch {
    // A server that can't be loaded, or was stopped: what it says itself is in its log already.
    const failure = failureOf(id);
    note(failure === 'unavailable' ? AWAY : 'Not run: the server could not be loaded, or was stopped.');
    return new Response(null, { status: failure === 'unavailable' ? 503 : 204 });
  }
}
