/** Ctrl-C while a deployment is followed. */

import type { Context, Session } from '../context.ts';
import { CliProblem } from '../errors/problem.ts';
import { EXIT } from '../exit.ts';
import { confirm } from '../prompts.ts';
import type { TextPrinter } from './follow.ts';

/** Until it is disposed of, Ctrl-C aborts a signal with a CliProblem `interrupted`, so that cleanup still happens. */
export function stopOnInterrupt(): Interruption {
  const stop = new AbortController();
  const interrupted = () => stop.abort(new CliProblem(EXIT.interrupted, 'Canceled.'));
  process.on('SIGINT', interrupted);
  return { signal: stop.signal, [Symbol.dispose]: () => process.off('SIGINT', interrupted) };
}

/** Until it is disposed of, the first Ctrl-C asks whether to cancel the deployment. */
export interface Interruption extends Disposable {
  /** Aborts when the person leaves the deployment alone and wants to go. */
  readonly signal: AbortSignal;
}

/**
 * On a terminal, Ctrl-C asks whether to cancel the deployment; without one, and at the second Ctrl-C, this program ends
 * and the deployment goes on.
 */
export function onInterrupt(
  context: Context,
  { client }: Session,
  id: string,
  printer: TextPrinter,
): Interruption {
  const leave = new AbortController();
  let isAsking = false;
  const { output } = context;
  const go = () => {
    output.note(`The deployment goes on. Follow it with: appflux logs ${id} --follow`);
    leave.abort(new CliProblem(EXIT.interrupted, 'Canceled.'));
  };
  const ask = async () => {
    printer.hold();
    try {
      if (!(await confirm(context, 'Cancel the deployment?', false))) return go();
      await client.deployments.cancel(id);
      output.note('Canceling…');
    } catch (error) {
      // A second Ctrl-C, or it has ended in the meantime, which the log says next.
      if (error instanceof CliProblem) return go();
      output.note(error instanceof Error ? error.message : String(error));
    } finally {
      isAsking = false;
      printer.release();
    }
  };
  const interrupted = () => {
    if (!output.interactive || isAsking) return go();
    isAsking = true;
    void ask();
  };
  process.on('SIGINT', interrupted);
  return { signal: leave.signal, [Symbol.dispose]: () => process.off('SIGINT', interrupted) };
}
