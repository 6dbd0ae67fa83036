/** The period and the App that the analytics page shows, as its URL has them. */
import { Slug } from '@appflux/protocol';

/** The periods on offer, in days. */
export const PERIODS = [7, 30, 90] as const;
export type Period = (typeof PERIODS)[number];

export interface Choice {
  days: Period;
  /** The App's slug; null for all. */
  app: string | null;
}

/** Reads the query of the URL. Missing and invalid values become thirty days and all Apps. */
export function parseChoice(query: Pick<URLSearchParams, 'get'>): Choice {
  const asked = Number(query.get('days'));
  const app = Slug.safeParse(query.get('app'));
  return { days: PERIODS.find((days) => days === asked) ?? 30, app: app.success ? app.data : null };
}

/** The query for a URL, with its question mark. */
export function queryOf({ days, app }: Choice): string {
  const query = new URLSearchParams({ days: String(days) });
  if (app !== null) query.set('app', app);
  return `?${query}`;
}
