/** Follows a log for a program that only wants its lines. */
import type { DeploymentStatus, LogLine, Phase } from '@appflux/protocol';
import { type FeedSource, LogFeed } from './feed.ts';
import { type Gap, LineOrder } from './line-order.ts';
import type { Connection, FeedDependencies } from './live-feed.ts';

export interface FollowHandlers {
  /** Called with each line once, in order. `missing`: lines before them that the server doesn't have. */
  lines(lines: readonly LogLine[], missing: Gap | null): void;
  /** Lines that were received were never stored: all lines come again, from the first. */
  rewind?(): void;
  state?(status: DeploymentStatus, phase: Phase | null): void;
  connection?(connection: Connection): void;
}

export interface FollowOptions extends Partial<FeedDependencies> {
  signal?: AbortSignal | undefined;
  /** Begins after this line; 0 for the whole log. */
  after?: number;
}

/** Resolves when the log has ended. Throws an AppFluxError if the server refuses, or the reason of the signal. */
export async function followLog(
  source: Omit<FeedSource, 'lastSeq'>,
  handlers: FollowHandlers,
  { signal = new AbortController().signal, after = 0, ...dependencies }: FollowOptions = {},
): Promise<void> {
  let order = new LineOrder(after);
  let failure: Error | null = null;
  const feed = new LogFeed(
    { ...source, lastSeq: () => order.lastSeq },
    {
      lines: (batch) => {
        const appended = order.append(batch);
        if (appended.kind === 'refused') return false;
        if (appended.lines.length > 0) handlers.lines(appended.lines, appended.gap);
        return true;
      },
      rewind: () => {
        order = new LineOrder();
        handlers.rewind?.();
      },
      state: (status, phase) => handlers.state?.(status, phase),
      connection: (connection) => handlers.connection?.(connection),
      failed: (error) => {
        failure = error;
      },
    },
    dependencies,
  );
  await feed.run(signal);
  signal.throwIfAborted();
  if (failure !== null) throw failure;
}
