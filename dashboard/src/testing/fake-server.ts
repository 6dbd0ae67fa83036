import { AppFluxError, type RuntimeAnalytics, type RuntimeLine } from '@appflux/protocol';
import type { Routes } from './fake-call.ts';

const LEVELS = ['debug', 'info', 'warn', 'error'];

/** Whether a filter of the API lets a line through. */
export function isAskedFor(line: RuntimeLine, query: URLSearchParams): boolean {
  const level = query.get('level');
  const environment = query.get('environment');
  return (
    (level === null || LEVELS.indexOf(line.level) >= LEVELS.indexOf(level)) &&
    (environment === null || line.environment === environment)
  );
}

const NONE: RuntimeAnalytics['totals'] = { requests: 0, errors: 0, p50Ms: null, p95Ms: null, cpuMs: 0 };

/** The last hours without a request. */
function quietHours(hours: number): RuntimeAnalytics {
  const from = Math.floor(Date.now() / 3_600_000) - hours + 1;
  const at = (index: number) => new Date((from + index) * 3_600_000).toISOString();
  return { hours: Array.from({ length: hours }, (_, index) => ({ at: at(index), ...NONE })), totals: NONE };
}

/** What a running server shows of itself, and what it keeps. */
export const SERVER_ROUTES: Routes = {
  'GET apps/:id/runtime/:name': ({ world, name, query }) => {
    if (name === 'analytics') {
      const hours = Number(query.get('hours') ?? 24);
      return [200, world.serverHours?.(hours) ?? quietHours(hours)];
    }
    const limit = Number(query.get('limit') ?? 200);
    const after = query.get('after');
    const before = Number(query.get('before') ?? Number.POSITIVE_INFINITY);
    const lastSeq = world.runtimeLines.at(-1)?.seq ?? 0;
    const matching = world.runtimeLines.filter((line) => isAskedFor(line, query));
    if (after !== null) {
      const items = matching.filter(({ seq }) => seq > Number(after)).slice(0, limit);
      return [200, { items, lastSeq, nextAfter: lastSeq, previousBefore: null }];
    }
    const older = matching.filter(({ seq }) => seq < before);
    const items = older.slice(-limit);
    const previousBefore = older.length > items.length ? (items[0]?.seq ?? null) : null;
    return [200, { items, lastSeq, nextAfter: lastSeq, previousBefore }];
  },
  'GET apps/:id/state': ({ world }) => [200, { items: world.serverState }],
  'GET apps/:id/state/:name': () => [200, 'CREATE TABLE "tides" ("at" TEXT);\n'],
  'DELETE apps/:id/state/:name': ({ world, name, rest }) => {
    const kept = world.serverState.filter(
      ({ environment, binding }) => environment !== name || binding !== rest,
    );
    if (kept.length === world.serverState.length)
      throw new AppFluxError('not_found', 'There is no such data');
    world.serverState = kept;
    return [204];
  },
};
