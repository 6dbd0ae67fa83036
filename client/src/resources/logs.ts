/** Logs, by pages, whole, and live. */
import { LogOutline, LogPage } from '@appflux/protocol';
import { type CallOptions, type Calls, path } from '../http/calls.ts';
import type { FollowHandlers, FollowOptions } from '../live-log/follow.ts';

/** Which lines: those after a number, at most `limit` (1 to 10,000). */
export interface LogRange {
  after?: number;
  limit?: number | undefined;
}

export const logs = (calls: Calls) => {
  const requests = logRequests(calls);
  return {
    ...requests,
    /**
     * Follows a log until it ends, over a WebSocket, which reconnects, or by polling. Resolves at the end. The `url` of
     * the client has to be absolute.
     */
    follow: async (id: string, handlers: FollowHandlers, options: FollowOptions = {}): Promise<void> => {
      // Most pages of the dashboard follow no log, so they don't load what that needs.
      const { followLog } = await import('../live-log/follow.ts');
      const source = {
        url: (after: number) => requests.liveUrl(id, after),
        token: () => calls.token(),
        team: () => calls.team,
        poll: (after: number, signal: AbortSignal) => requests.page(id, { after }, { signal }),
      };
      await followLog(source, handlers, { ...calls.unexpectedHint, ...options });
    },
  };
};

const logRequests = (calls: Calls) => ({
  /** Some lines, whether the log is still growing or archived. */
  page: (id: string, range: LogRange = {}, options: CallOptions = {}): Promise<LogPage> =>
    calls.json(LogPage, 'GET', path`/api/deployments/${id}/logs`, { query: { ...range }, ...options }),
  /** The sections of an archived log; `log_not_archived` before that. */
  outline: (id: string, options: CallOptions = {}): Promise<LogOutline> =>
    calls.json(LogOutline, 'GET', path`/api/deployments/${id}/logs/outline`, options),
  /** The whole log as it arrives, in NDJSON: a LogLine per line. */
  read: async (id: string, options: CallOptions = {}): Promise<ReadableStream<Uint8Array>> => {
    const { body } = await calls.stream('GET', path`/api/deployments/${id}/logs.ndjson`, options);
    return body ?? new ReadableStream({ start: (controller) => controller.close() });
  },
  /** The whole log in NDJSON, as a file. */
  download: async (id: string, options: CallOptions = {}): Promise<Blob> =>
    (await calls.stream('GET', path`/api/deployments/${id}/logs.ndjson`, options)).blob(),
  /** The URL of the live log's WebSocket, after a line. It needs an absolute `url` of the client. */
  liveUrl: (id: string, after = 0): string =>
    `${calls.url(path`/api/deployments/${id}/logs/live`).replace(/^http/, 'ws')}?after=${after}`,
});
