/** What the page is about, as its address says it: how many days, and which App. */
import { Slug } from '@appflux/protocol';

/** The times that can be chosen, in days. */
export const TIMES = [7, 30, 90] as const;
export type Time = (typeof TIMES)[number];

export interface Choice {
  days: Time;
  /** The App's slug; null for all. */
  app: string | null;
}

/** What an address says; what it does not say, or says wrong, is thirty days and all Apps. */
export function choiceOf(query: Pick<URLSearchParams, 'get'>): Choice {
  const asked = Number(query.get('days'));
  const app = Slug.safeParse(query.get('app'));
  return { days: TIMES.find((days) => days === asked) ?? 30, app: app.success ? app.data : null };
}

/** The query of an address that says this, with its question mark. */
export function queryOf({ days, app }: Choice): string {
  const query = new URLSearchParams({ days: String(days) });
  if (app !== null) query.set('app', app);
  return `?${query}`;
}
