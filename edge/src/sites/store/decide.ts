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

/**
 * An attempt is about to upload a pack, or still is; what it continues stays as long. Null when its name is used up:
 * it needs a new one.
 */
export function expectPack(state: SiteState, name: string, by: Attempt, now: number): SiteState | null {
  const known = state.packs.get(name);
  const { deploymentId, attempt } = by;
  if (known !== undefined && isBeingPublished(state, known, by))
    return { ...state, packs: withValue(state.packs, name, { ...known, putUntil: now + PUT_WITHIN_MS }) };
  if (known !== undefined && known.state !== 'expected') return null;
  const pack: Pack = {
    name,
    deploymentId,
    attempt,
    size: 0,
    state: 'expected',
    putUntil: now + PUT_WITHIN_MS,
  };
  const pin = state.pins.get(deploymentId);
  const pins =
    pin?.attempt === attempt
      ? withValue(state.pins, deploymentId, { ...pin, until: now + PIN_MS })
      : state.pins;
  return { ...state, packs: withValue(state.packs, name, pack), pins };
}

/** Whether an attempt has published its pack, or begun to, and may not know: it was interrupted, or storage was. */
function isBeingPublished(state: SiteState, pack: Pack, by: Attempt): boolean {
  const publication = state.publications.get(by.deploymentId);
  return (
    publication !== undefined &&
    pack.state === 'kept' &&
    !isOver(publication, by.attempt) &&
    isReady(pack, by, publication)
  );
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

/** What a publication says that no attempt of this version has made. Without `manifest`, it is not continued. */
const UNKNOWN = { attempt: 0, branch: null, environment: '', manifest: null };

/** Begins to store the manifest of a site of an earlier version: its files are in the deployment's own ZIP. */
export function adopt(state: SiteState, deploymentId: string, now: number): SiteState {
  const publication: Publication = { ...UNKNOWN, deploymentId, state: 'writing', packs: [], at: now };
  return { ...state, publications: withValue(state.publications, deploymentId, publication) };
}

/** A publication that is in storage, and that this store has lost its record of. */
export interface Found {
  readonly deploymentId: string;
  readonly packs: readonly { readonly name: string; readonly size: number }[];
}

/** Remembers publications again, such as after a restore of the bucket alone. They are not continued. */
export function remember(state: SiteState, found: readonly Found[], now: number): SiteState {
  const publications = new Map(state.publications);
  const packs = new Map(state.packs);
  for (const { deploymentId, packs: its } of found) {
    if (publications.has(deploymentId)) continue;
    const names = its.map(({ name }) => name);
    publications.set(deploymentId, { ...UNKNOWN, deploymentId, state: 'published', packs: names, at: now });
    for (const { name, size } of its)
      if (!packs.has(name))
        packs.set(name, { name, size, deploymentId, attempt: 0, state: 'kept', putUntil: null });
  }
  return { ...state, publications, packs };
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
