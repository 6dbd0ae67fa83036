/** Work that goes on when the visitor for whom it was begun has left. */

/**
 * Lets work run to its end: the platform drops what still runs when a visitor leaves, and its `finally` with it, which
 * gives back what is counted. The caller gets its error; here only its end counts.
 */
export function keepRunning(ctx: Pick<ExecutionContext, 'waitUntil'>, work: Promise<unknown>): void {
  ctx.waitUntil(work.catch(() => undefined));
}
