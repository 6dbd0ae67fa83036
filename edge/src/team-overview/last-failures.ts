/** The failures that a team sees first. Pure. */
import type { RecentActivity } from '../metadata/app-lists.ts';
import type { KeptDeployment } from '../metadata/metadata.ts';

/** How many are shown. */
const MOST = 5;

export interface Failure {
  record: KeptDeployment;
  hasRecovered: boolean;
}

/**
 * The newest failed deployment of each app. `failed` are newest first; an app has recovered when a build succeeded that
 * was created later. Apps that have not come first.
 */
export function lastFailures(
  failed: readonly KeptDeployment[],
  activity: ReadonlyMap<string, RecentActivity>,
): Failure[] {
  const newest = failed.filter(
    ({ appId }, index) => failed.findIndex((other) => other.appId === appId) === index,
  );
  const failures = newest.map((record) => ({
    record,
    hasRecovered: (activity.get(record.appId)?.builds ?? []).some(
      ({ status, createdAt }) => status === 'success' && createdAt > record.createdAt,
    ),
  }));
  return [
    ...failures.filter(({ hasRecovered }) => !hasRecovered),
    ...failures.filter(({ hasRecovered }) => hasRecovered),
  ].slice(0, MOST);
}
