/** What of an app's published sites may be deleted, and when. Pure; see decide.ts. */
import { PUT_WITHIN_MS } from './decide.ts';
import { mapValues, type Pack, type Publication, type SiteState } from './state.ts';

/** Who marks something deletes it immediately; so long afterwards, in milliseconds, it was interrupted. */
const DELETED_AFTER_MS = 60_000;

/** Time has passed: pins and packs that were waited for expire, and a publication that nobody has finished. */
export function expire(state: SiteState, now: number): SiteState {
  const isPast = (until: number | null) => until !== null && until <= now;
  return {
    publications: mapValues(state.publications, (publication) =>
      publication.state === 'writing' && isPast(publication.at + PUT_WITHIN_MS)
        ? { ...publication, state: 'removing' }
        : publication,
    ),
    packs: mapValues(state.packs, (pack) =>
      pack.state === 'expected' && isPast(pack.putUntil) ? { ...pack, state: 'deleting' } : pack,
    ),
    pins: new Map([...state.pins].filter(([, { until }]) => !isPast(until))),
  };
}

/** Marks what nothing points to any more. Do it before anything is deleted: what is marked is never used again. */
export function markUnreachable(state: SiteState): SiteState {
  const held = new Set([...state.publications.values()].filter((it) => isHeld(state, it)).flatMap(packsOf));
  return {
    ...state,
    packs: mapValues(state.packs, (pack) =>
      pack.state === 'kept' && !held.has(pack.name) ? { ...pack, state: 'deleting' } : pack,
    ),
  };
}

const packsOf = ({ packs }: Publication) => packs;

/** Whether its files must stay: it is published, or a deployment is continuing it. */
const isHeld = (state: SiteState, { deploymentId, state: is }: Publication): boolean =>
  is !== 'removing' || [...state.pins.values()].some(({ base }) => base === deploymentId);

/** What is to be deleted from storage at `now`. */
export interface Doomed {
  /** Deployments whose manifest is. */
  readonly manifests: readonly string[];
  /** Packs that are. */
  readonly packs: readonly string[];
  /** Packs of which only what a presigned URL may have left behind is: no URL can write any more. */
  readonly incoming: readonly string[];
}

export function doomed(state: SiteState, now: number): Doomed {
  const packs = [...state.packs.values()];
  const over = packs.filter(({ putUntil }) => putUntil !== null && putUntil <= now);
  return {
    manifests: [...state.publications.values()]
      .filter((publication) => !isHeld(state, publication))
      .map(({ deploymentId }) => deploymentId),
    packs: [
      ...packs.filter((pack) => pack.state === 'deleting'),
      ...over.filter((pack) => pack.state === 'deleted'),
    ].map(({ name }) => name),
    incoming: over.filter((pack) => pack.state === 'kept').map(({ name }) => name),
  };
}

/** It is deleted. A pack that a URL can still write to is remembered until none can. */
export function forget(state: SiteState, gone: Doomed, now: number): SiteState {
  const manifests = new Set(gone.manifests);
  const deleted = new Set(gone.packs);
  const swept = new Set(gone.incoming);
  const packs = [...state.packs.values()].flatMap((pack): Pack[] => {
    if (deleted.has(pack.name))
      return pack.putUntil === null || pack.putUntil <= now ? [] : [{ ...pack, state: 'deleted' }];
    return swept.has(pack.name) ? [{ ...pack, putUntil: null }] : [pack];
  });
  return {
    ...state,
    publications: new Map([...state.publications].filter(([id]) => !manifests.has(id))),
    packs: new Map(packs.map((pack) => [pack.name, pack])),
  };
}

/** When something expires or is to be deleted next, in Unix milliseconds; null when nothing is. */
export function nextDue(state: SiteState, now: number): number | null {
  const { manifests, packs, incoming } = doomed(state, now);
  if (manifests.length + packs.length + incoming.length > 0) return now + DELETED_AFTER_MS;
  const times = [
    ...[...state.pins.values()].map(({ until }) => until),
    ...[...state.packs.values()].flatMap(({ putUntil }) => putUntil ?? []),
    ...[...state.publications.values()].flatMap(({ state: is, at }) =>
      is === 'writing' ? at + PUT_WITHIN_MS : [],
    ),
  ];
  return times.reduce<number | null>((first, time) => Math.min(first ?? time, time), null);
}
