/** Which apps a list shows and in which order, as the page's URL has it. Pure. */
import type { ActiveApp } from '@appflux/protocol';
import { isHeld } from '#lib/deployment/status.ts';
import { sourceLabel } from '#lib/source/label.ts';

export type AppState = 'ready' | 'active' | 'failed' | 'canceled' | 'new';
export type StateFilter = 'all' | Exclude<AppState, 'canceled'>;
export type AppSort = 'deployed' | 'name' | 'created';

export const STATE_FILTERS: readonly { value: StateFilter; label: string }[] = [
  { value: 'all', label: 'All states' },
  { value: 'ready', label: 'Ready' },
  { value: 'active', label: 'Building or waiting' },
  { value: 'failed', label: 'Failed' },
  { value: 'new', label: 'Not deployed yet' },
];

export const SORTS: readonly { value: AppSort; label: string }[] = [
  { value: 'deployed', label: 'Last deployed' },
  { value: 'name', label: 'Name' },
  { value: 'created', label: 'Newest' },
];

export interface AppChoice {
  /** The search terms, matched against names, slugs, sources, branches, frameworks, and types. */
  search: string;
  state: StateFilter;
  sort: AppSort;
}

/** Reads the query of the URL. Missing and invalid values become the defaults. */
export const parseChoice = (query: Pick<URLSearchParams, 'get'>): AppChoice => ({
  search: query.get('q') ?? '',
  state: STATE_FILTERS.find(({ value }) => value === query.get('state'))?.value ?? 'all',
  sort: SORTS.find(({ value }) => value === query.get('sort'))?.value ?? 'deployed',
});

/** The query for a URL, with its question mark; empty for the defaults. */
export function queryOf({ search, state, sort }: AppChoice): string {
  const query = new URLSearchParams();
  if (search !== '') query.set('q', search);
  if (state !== 'all') query.set('state', state);
  if (sort !== 'deployed') query.set('sort', sort);
  return query.size === 0 ? '' : `?${query}`;
}

/** How the latest deployment of an app is. */
export function stateOf({ activity: { latest } }: Pick<ActiveApp, 'activity'>): AppState {
  if (latest === null) return 'new';
  switch (latest.status) {
    case 'success':
      return 'ready';
    case 'failed':
    case 'canceled':
      return latest.status;
    default:
      return 'active';
  }
}

/** Whether the latest deployment moves by itself, so that the list should be loaded again soon. */
export const isMoving = (app: Pick<ActiveApp, 'activity'>): boolean =>
  stateOf(app) === 'active' && app.activity.latest !== null && !isHeld(app.activity.latest);

/** The framework of an app: as it was built last, or else as it is set. */
export const frameworkOf = ({ build, activity: { latest } }: ActiveApp): string | null =>
  latest?.plan?.framework ?? build.framework;

/** The type of an app: as it is set, built, or detected. */
export const typeOf = ({ type, detectedType, activity: { latest } }: ActiveApp): ActiveApp['type'] =>
  type ?? latest?.plan?.type ?? detectedType;

/** The apps that match, favourites first. Takes apps that are ordered newest first. */
export function chooseApps(apps: readonly ActiveApp[], { search, state, sort }: AppChoice): ActiveApp[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  const found = apps.filter((app) => {
    if (state !== 'all' && stateOf(app) !== state) return false;
    const branch = app.activity.latest?.branch ?? '';
    const text = [
      app.name,
      app.slug,
      sourceLabel(app.source),
      branch,
      frameworkOf(app) ?? '',
      typeOf(app) ?? '',
    ]
      .join(' ')
      .toLowerCase();
    return words.every((word) => text.includes(word));
  });
  return found.sort(
    (one, other) =>
      Number(other.activity.isFavourite) - Number(one.activity.isFavourite) || ORDER[sort](one, other),
  );
}

const deployedAt = ({ activity, createdAt }: ActiveApp) => activity.latest?.createdAt ?? createdAt;

const ORDER: Record<AppSort, (one: ActiveApp, other: ActiveApp) => number> = {
  deployed: (one, other) => deployedAt(other).localeCompare(deployedAt(one)),
  name: (one, other) => one.name.localeCompare(other.name),
  created: () => 0,
};
