/**
 * The decisions of an app's store of published sites: which publication another one continues, what may be published,
 * and what may be deleted. Pure: `site-store.ts` saves the result and does what it says.
 *
 * What holds, whatever the order of calls and wherever the object stops between two steps: nothing that a publication
 * points to is deleted, nor a publication that is pinned; and what nothing points to is deleted in the end.
 */
import { UPLOAD_SECONDS } from '../../storage/presigner.ts';
import { mapValues, type Pack, type Publication, type SiteState, withValue } from './state.ts';

/** How long a pack is waited for after its URLs were presigned, in milliseconds: they are good for an hour. */
export const PUT_WITHIN_MS = 2 * UPLOAD_SECONDS * 1000;

/** How long a pin holds, in milliseconds. A runner asks for a base when its build is over and then uploads. */
export const PIN_MS = 2 * UPLOAD_SECONDS * 1000;

/** Who marks something deletes it immediately; so long afterwards, in milliseconds, it was interrupted. */
const DELETED_AFTER_MS = 60_000;

/** Whose pack or publication it is. */
export interface Attempt {
  readonly deploymentId: string;
  readonly attempt: number;
}

export interface PublishRequest extends Attempt {
  readonly branch: string | null;
  readonly environment: string;
  /** The attempt's own pack, and its size. */
  readonly pack: { readonly name: string; readonly size: number };
  /** The packs that the files are in; the own one only if a file is in it. */
  readonly packs: readonly string[];
  readonly manifest: { readonly size: number; readonly sha256: string };
}

/**
 * Why something is not published: `gone`: its own pack is not stored any more, `base_gone`: a pack of its base is not,
 * `stale`: the attempt is over: a later one has published, or what it had published was removed.
 */
export type NotPublished = 'gone' | 'base_gone' | 'stale';

/** An attempt is about to upload a pack, or still is. Null when its name was used before: it needs a new one. */
export function expectPack(state: SiteState, name: string, by: Attempt, now: number): SiteState | null {
  const known = state.packs.get(name);
  if (known !== undefined && known.state !== 'expected') return null;
  const { deploymentId, attempt } = by;
  const pack: Pack = {
    name,
    deploymentId,
    attempt,
    size: 0,
    state: 'expected',
    putUntil: now + PUT_WITHIN_MS,
  };
  return { ...state, packs: withValue(state.packs, name, pack) };
}

/** The publication that an attempt should continue, which is pinned for it; null when there is none. */
export function pinBase(
  state: SiteState,
  by: Attempt & { readonly branch: string | null },
  now: number,
): { state: SiteState; base: Publication | null } {
  const base = chooseBase(state, by);
  const { deploymentId, attempt } = by;
  const pin = base && { deploymentId, attempt, base: base.deploymentId, until: now + PIN_MS };
  return { state: { ...state, pins: withValue(state.pins, deploymentId, pin) }, base };
}

/** The newest publication of the branch; else the newest of production, else of any. */
function chooseBase(
  state: SiteState,
  { deploymentId, branch }: { readonly deploymentId: string; readonly branch: string | null },
): Publication | null {
  const rank = (publication: Publication) =>
    publication.branch === branch ? 2 : publication.environment === 'production' ? 1 : 0;
  const candidates = [...state.publications.values()].filter(
    (publication) => publication.deploymentId !== deploymentId && canContinue(publication),
  );
  return candidates.sort((a, b) => rank(b) - rank(a) || b.at - a.at)[0] ?? null;
}

const canContinue = ({ state, manifest }: Publication) => state === 'published' && manifest !== null;

/**
 * Begins a publication: from now on its packs stay. Its manifest has to be stored next, and then `published` called.
 * Asked again it changes nothing.
 */
export function publish(
  state: SiteState,
  request: PublishRequest,
  now: number,
): { outcome: 'ok'; state: SiteState } | { outcome: 'refused'; why: NotPublished } {
  const { deploymentId, attempt, pack, packs } = request;
  const before = state.publications.get(deploymentId);
  if (before !== undefined && isOver(before, attempt)) return { outcome: 'refused', why: 'stale' };
  const own = state.packs.get(pack.name);
  if (isPublished(before, request)) return { outcome: 'ok', state };
  if (own === undefined || !isReady(own, request, before)) return { outcome: 'refused', why: 'gone' };
  const isUsable = (name: string) => {
    const found = state.packs.get(name);
    return name === pack.name || found?.state === 'kept';
  };
  if (!packs.every(isUsable)) return { outcome: 'refused', why: 'base_gone' };
  const kept: Pack = { ...own, size: pack.size, state: 'kept' };
  const publication: Publication = {
    deploymentId,
    attempt,
    branch: request.branch,
    environment: request.environment,
    state: 'writing',
    packs,
    manifest: request.manifest,
    at: now,
  };
  return {
    outcome: 'ok',
    state: {
      packs: withValue(state.packs, pack.name, kept),
      publications: withValue(state.publications, deploymentId, publication),
      pins: withValue(state.pins, deploymentId, null),
    },
  };
}

/** A later attempt has published, or what this one has published was removed. */
const isOver = (before: Publication, attempt: number) =>
  before.attempt > attempt || (before.attempt === attempt && before.state === 'removing');

/**
 * Whether an attempt's own pack can be published. One that is kept was published before: then the publication must still
 * be there, or a late call would bring a removed one back.
 */
const isReady = (own: Pack, { deploymentId, attempt }: Attempt, before: Publication | undefined) =>
  own.deploymentId === deploymentId &&
  own.attempt === attempt &&
  (own.state === 'expected' || (own.state === 'kept' && before?.attempt === attempt));

/** The call before this one has done it already. */
const isPublished = (before: Publication | undefined, request: PublishRequest): boolean =>
  before?.state === 'published' &&
  before.attempt === request.attempt &&
  before.manifest?.sha256 === request.manifest.sha256 &&
  before.packs.join() === request.packs.join();

/** Begins to store the manifest of a site of an earlier version: its files are in the deployment's own ZIP. */
export function adopt(state: SiteState, deploymentId: string, now: number): SiteState {
  const publication: Publication = {
    deploymentId,
    attempt: 0,
    branch: null,
    environment: '',
    state: 'writing',
    packs: [],
    manifest: null,
    at: now,
  };
  return { ...state, publications: withValue(state.publications, deploymentId, publication) };
}

/** The manifest of a publication is in storage. */
export function published(state: SiteState, deploymentId: string): SiteState {
  const written = state.publications.get(deploymentId);
  if (written?.state !== 'writing') return state;
  const publication: Publication = { ...written, state: 'published' };
  return { ...state, publications: withValue(state.publications, deploymentId, publication) };
}

/** Drops what attempts of a deployment other than `keep` have uploaded and published; null for all of them. */
export function discard(state: SiteState, deploymentId: string, keep: number | null): SiteState {
  const goes = (item: Attempt) => item.deploymentId === deploymentId && item.attempt !== keep;
  const publication = state.publications.get(deploymentId);
  const pin = state.pins.get(deploymentId);
  return {
    publications:
      publication === undefined || !goes(publication)
        ? state.publications
        : withValue(state.publications, deploymentId, { ...publication, state: 'removing' }),
    packs: mapValues(state.packs, (pack) =>
      pack.state === 'expected' && goes(pack) ? { ...pack, state: 'deleting' } : pack,
    ),
    pins: pin !== undefined && goes(pin) ? withValue(state.pins, deploymentId, null) : state.pins,
  };
}

/** Drops a pack that is not published. */
export function dropPack(state: SiteState, name: string): SiteState {
  const pack = state.packs.get(name);
  if (pack?.state !== 'expected') return state;
  return { ...state, packs: withValue(state.packs, name, { ...pack, state: 'deleting' }) };
}

/** Drops everything: the app is being deleted. */
export const discardAll = (state: SiteState): SiteState => ({
  publications: mapValues(state.publications, (publication) => ({ ...publication, state: 'removing' })),
  packs: mapValues(state.packs, (pack) => (pack.state === 'deleted' ? pack : { ...pack, state: 'deleting' })),
  pins: new Map(),
});

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
