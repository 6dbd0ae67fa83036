import type { DeploymentsFilter } from '@appflux/client';
import type { DeploymentStatus, Environment } from '@appflux/protocol';
import { ENVIRONMENT_LABEL, STATUS } from './status.ts';

/** A status by which deployments are listed. */
export type StatusChoice = DeploymentStatus | 'skipped';

/** What a list of deployments is narrowed by, as in the URL of a page; null is all. */
export interface DeploymentFilter {
  readonly status: StatusChoice | null;
  readonly branch: string | null;
  readonly environment: Environment | null;
  /** The name of who or what created it. */
  readonly creator: string | null;
}

/** The statuses that are offered. */
export const STATUS_CHOICES = [
  'queued',
  'building',
  'success',
  'failed',
  'canceled',
  'skipped',
] as const satisfies readonly StatusChoice[];

/** The longest names that the API takes: Git’s of branches, and emails. */
const LONGEST = { branch: 255, creator: 320 } as const;

/** The filter in a page’s URL. What isn’t a filter is left out. */
export function readFilter(params: Pick<URLSearchParams, 'get'>): DeploymentFilter {
  const status = params.get('status') ?? '';
  const environment = params.get('environment') ?? '';
  const name = (key: keyof typeof LONGEST) => {
    const value = params.get(key)?.trim() ?? '';
    return value === '' || value.length > LONGEST[key] ? null : value;
  };
  return {
    status: status !== 'held' && Object.hasOwn(STATUS, status) ? (status as StatusChoice) : null,
    branch: name('branch'),
    environment: Object.hasOwn(ENVIRONMENT_LABEL, environment) ? (environment as Environment) : null,
    creator: name('creator'),
  };
}

/** The part of a URL that names a filter, with its `?`; empty for none. */
export function searchOf(filter: DeploymentFilter): string {
  const params = new URLSearchParams();
  for (const key of ['status', 'branch', 'environment', 'creator'] as const) {
    const value = filter[key];
    if (value !== null) params.set(key, value);
  }
  return params.size === 0 ? '' : `?${params}`;
}

/** Whether the list is narrowed at all. */
export const isNarrowed = (filter: DeploymentFilter): boolean =>
  Object.values(filter).some((value) => value !== null);

/** The same as the API asks for it. A skipped deployment has the status `canceled`, but nobody canceled it. */
export function queryOf(
  { status, branch, environment, creator }: DeploymentFilter,
  { hidesSkipped = false } = {},
): DeploymentsFilter {
  const skipped =
    status === 'skipped' ? 'only' : status === 'canceled' || hidesSkipped ? 'exclude' : undefined;
  return {
    ...(status !== null && status !== 'skipped' && { status }),
    ...(skipped !== undefined && { skipped }),
    ...(branch !== null && { branch }),
    ...(environment !== null && { environment }),
    ...(creator !== null && { creator }),
  };
}
