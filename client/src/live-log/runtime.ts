/** Follows the log of an app's servers, which has no end: until the caller stops it. */
import {
  AppFluxError,
  parseFrame,
  RUNTIME_SUBPROTOCOL,
  type RuntimeFilter,
  RuntimeFrame,
  type RuntimeLine,
  type RuntimeLogPage,
} from '@appflux/protocol';
import { type Connection, type FeedDependencies, feedDependencies, LiveFeed } from './live-feed.ts';

/** Which lines. */
export interface RuntimeRange extends RuntimeFilter {
  /** Those after this number; only new ones unless it is set. */
  after?: number | undefined;
}

export interface RuntimeHandlers {
  /** Called with each line once, in order. */
  lines(lines: readonly RuntimeLine[]): void;
  connection?(connection: Connection): void;
}

export interface RuntimeSource {
  /** The URL of the live log, after a line, or for new lines. */
  url(after: number | undefined): string;
  token(): Promise<string | null>;
  team?(): string | null;
  poll(after: number | undefined, signal: AbortSignal): Promise<RuntimeLogPage>;
}

/** Runs until the signal aborts, and throws its reason; or throws an AppFluxError if the server refuses. */
export async function followRuntime(
  source: RuntimeSource,
  handlers: RuntimeHandlers,
  {
    signal,
    after,
    ...given
  }: Partial<FeedDependencies> & { signal: AbortSignal; after?: number | undefined },
): Promise<void> {
  const dependencies = feedDependencies(given);
  /** The number up to which all lines were handled; undefined until the server has said where the log ends. */
  let position = after;
  let failure: Error | null = null;
  const add = (lines: readonly RuntimeLine[], upTo: number) => {
    const fresh = lines.filter(({ seq }) => seq > (position ?? 0));
    position = Math.max(position ?? 0, upTo);
    if (fresh.length > 0) handlers.lines(fresh);
  };
  const feed = new LiveFeed(
    {
      subprotocol: RUNTIME_SUBPROTOCOL,
      url: () => source.url(position),
      token: () => source.token(),
      team: () => source.team?.() ?? null,
      lastSeq: () => position ?? 0,
      message: (data) => {
        const parsed = parseFrame(RuntimeFrame, data);
        if (parsed.outcome === 'unknown_type') return 'continue';
        if (parsed.outcome !== 'ok') {
          return new AppFluxError('internal', 'The server sent log lines in an unknown format.', {
            hint: dependencies.unexpectedHint,
          });
        }
        const { frame } = parsed;
        if (frame.type === 'lines') add(frame.lines, frame.upTo);
        else position = frame.lastSeq;
        return 'continue';
      },
      poll: async (polling) => {
        for (;;) {
          const page = await source.poll(position, polling);
          // The log was emptied, and counts from the beginning.
          if (position !== undefined && page.lastSeq < position) position = 0;
          // Without a position, the page has old lines: it says where new ones begin.
          else add(position === undefined ? [] : page.items, page.nextAfter);
          if ((position ?? 0) >= page.lastSeq) return 'more';
        }
      },
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
