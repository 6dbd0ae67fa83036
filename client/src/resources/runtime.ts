/** What an app's servers log, and how they answer. */
import { RuntimeAnalytics, type RuntimeFilter, RuntimeLogPage } from '@appflux/protocol';
import { type CallOptions, type Calls, path } from '../http/calls.ts';
import type { FeedDependencies } from '../live-log/live-feed.ts';
import type { RuntimeHandlers, RuntimeRange } from '../live-log/runtime.ts';

/** Which lines: those after a number, those before one, or the newest; at most `limit` (1 to 1,000). */
export interface RuntimeQuery extends RuntimeRange {
  before?: number | undefined;
  limit?: number | undefined;
}

/** Which hours: the last ones (1 to 840), of all deployments unless said. */
export interface AnalyticsRange extends Pick<RuntimeFilter, 'environment' | 'deploymentId'> {
  hours?: number;
}

export const runtime = (calls: Calls) => {
  /** The URL of the live log's WebSocket. It needs an absolute `url` of the client. */
  const liveUrl = (slug: string, range: RuntimeRange = {}): string => {
    const url = new URL(calls.url(path`/api/apps/${slug}/runtime/logs`).replace(/^http/, 'ws'));
    for (const [name, value] of Object.entries(range))
      if (value !== undefined) url.searchParams.set(name, String(value));
    return url.href;
  };
  /** Some lines of the last 24 hours. */
  const logs = (slug: string, query: RuntimeQuery = {}, options: CallOptions = {}): Promise<RuntimeLogPage> =>
    calls.json(RuntimeLogPage, 'GET', path`/api/apps/${slug}/runtime/logs`, {
      query: { ...query },
      ...options,
    });
  return {
    liveUrl,
    logs,
    /** Requests, errors, durations and CPU time by hour. */
    analytics: (
      slug: string,
      query: AnalyticsRange = {},
      options: CallOptions = {},
    ): Promise<RuntimeAnalytics> =>
      calls.json(RuntimeAnalytics, 'GET', path`/api/apps/${slug}/runtime/analytics`, {
        query: { ...query },
        ...options,
      }),
    /** Follows the log over a WebSocket, which reconnects, or by polling, until `signal` aborts; throws its reason then. */
    follow: async (
      slug: string,
      { after, ...filter }: RuntimeRange,
      handlers: RuntimeHandlers,
      options: Partial<FeedDependencies> & { signal: AbortSignal },
    ): Promise<void> => {
      // Most pages of the dashboard follow no log, so they don't load what that needs.
      const { followRuntime } = await import('../live-log/runtime.ts');
      const source: Parameters<typeof followRuntime>[0] = {
        url: (position) => liveUrl(slug, { ...filter, after: position }),
        token: () => calls.token(),
        team: () => calls.team,
        poll: (position, signal) => logs(slug, { ...filter, after: position }, { signal }),
      };
      await followRuntime(source, handlers, { ...calls.unexpectedHint, ...options, after });
    },
  };
};
