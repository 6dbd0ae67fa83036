/** Whether a request may open what it asks for. */
import { isAppFluxError } from '@appflux/protocol';
import type { Env } from '../../env.ts';
import { authenticate } from '../../identity/authenticate.ts';
import { mayUse } from '../../identity/caller.ts';
import { bearerToken } from '../../identity/request-token.ts';
import { metadataOf } from '../../metadata/index.ts';
import type { Metadata } from '../../metadata/metadata.ts';
import { hostName } from '../hosts/domain.ts';
import type { ResolvedSite } from '../hosts/resolve.ts';
import { badToken, nothingHere, redirect, signInFirst, tooFewScopes } from './answers.ts';
import { cookieCredential } from './cookies.ts';
import { accessOf, type Credential, decide, type Guarded } from './decide.ts';
import { passwordForm, passwordMark } from './password.ts';
import { returnPath } from './return-path.ts';
import { askTeam, teamAccess } from './team.ts';
import { isNavigation, OWN_PATHS, ownPath, type Visit } from './visit.ts';

/**
 * Null if a request for a site may go on; else the answer: a sign-in, a refusal, or a step of signing in below
 * `/.appflux/`. What a private site answers (`isPrivate`) must not be kept by shared caches.
 */
export async function admit(
  request: Request,
  resolved: ResolvedSite,
  env: Env,
  metadata: Metadata = metadataOf(env),
): Promise<Response | null> {
  const url = new URL(request.url);
  const place = { request, env, metadata, guarded: resolved, host: hostName(url.host), page: null };
  if (url.pathname.startsWith(OWN_PATHS)) return ownStep(place);
  return admitVisit({ ...place, to: url.pathname + url.search });
}

/** Whether only some may open this: then no shared cache may keep the answer. */
export const isPrivate = (guarded: Guarded): boolean => accessOf(guarded) !== 'public';

/** A step of signing in; null for any other path of AppFlux's own. */
export async function ownStep(place: Omit<Visit, 'to'>): Promise<Response | null> {
  const url = new URL(place.request.url);
  const visit = { ...place, to: returnPath(url.searchParams.get('to')) };
  const step = url.pathname.slice(OWN_PATHS.length);
  if (step !== 'access' && step !== 'password') return null;
  // The access was changed while the visitor signed in.
  if (!isPrivate(place.guarded)) return redirect(303, visit.to, null);
  return step === 'access' ? teamAccess(visit) : passwordForm(visit);
}

/** Null if a visit may go on; else the answer. `proven` is what the caller has found out about the request already. */
export async function admitVisit(visit: Visit, proven: readonly Credential[] = []): Promise<Response | null> {
  const { request, guarded } = visit;
  if (!isPrivate(guarded)) return null;
  const mark = await passwordMark(guarded.app.passwordHash);
  const credentials = [...proven, ...(await credentialsOf(visit, mark))];
  switch (decide(guarded, credentials, mark)) {
    case 'admit':
      return null;
    case 'ask_team':
      return isNavigation(request) ? askTeam(visit) : signInFirst();
    case 'ask_password':
      return isNavigation(request) ? redirect(302, ownPath(visit, 'password'), null) : signInFirst();
    case 'bad_token':
      return badToken();
    case 'forbidden':
      return tooFewScopes();
    case 'missing':
      return nothingHere();
  }
}

/** What a request proves: by its cookie, or else by its token. A site's own pages may send tokens that aren't AppFlux's. */
async function credentialsOf(
  { request, env, metadata, guarded, host }: Visit,
  mark: string | null,
): Promise<Credential[]> {
  const cookie = await cookieCredential(request, { env, host, appId: guarded.app.id, now: Date.now() });
  if (cookie !== null && decide(guarded, [cookie], mark) === 'admit') return [cookie];
  if (bearerToken(request) === null) return [];
  try {
    const { ownerId, scopes } = await authenticate(request, env, metadata);
    return [{ kind: 'bearer', ownerId, mayRead: mayUse(scopes, 'deployments:read') }];
  } catch (error) {
    // A token that says nothing good is no fault of ours; everything else is.
    if (!isAppFluxError(error) || error.status >= 500) throw error;
    return [{ kind: 'bad_bearer' }];
  }
}
