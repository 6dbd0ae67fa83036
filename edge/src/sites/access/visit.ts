/** A request for something that not everyone may open. */
import type { Env } from '../../env.ts';
import type { Metadata } from '../../metadata/metadata.ts';
import type { Guarded } from './decide.ts';

export interface Visit {
  request: Request;
  env: Env;
  metadata: Metadata;
  guarded: Guarded;
  /** The host that is visited, without a port. */
  host: string;
  /** The App's slug, on the dashboard's host; null on a site's. */
  page: string | null;
  /** The path that the visitor wants to open. */
  to: string;
}

/** Paths of AppFlux's own on a host that belongs to an App. */
export const OWN_PATHS = '/.appflux/';

/** The path of a step of signing in. */
export function ownPath({ page, to }: Pick<Visit, 'page' | 'to'>, step: 'access' | 'password'): string {
  const query = new URLSearchParams({ ...(page === null ? {} : { page }), to });
  return `${OWN_PATHS}${step}?${query}`;
}

/** Whether a person opened this as a page: only then they are taken elsewhere to sign in. */
export function isNavigation({ method, headers }: Request): boolean {
  if (method !== 'GET') return false;
  const destination = headers.get('Sec-Fetch-Dest');
  if (destination !== null && destination !== 'document') return false;
  return (
    headers.get('Sec-Fetch-Mode') === 'navigate' || headers.get('Accept')?.includes('text/html') === true
  );
}
