/** `/.appflux/access`: a member of the team comes from the dashboard with a code, or goes there for one. */
import { redirect } from './answers.ts';
import { redeemCode, signInUrl } from './code.ts';
import { accessCookie, signInState, stateOf } from './cookies.ts';
import { signInFailedPage } from './view.ts';
import { ownPath, type Visit } from './visit.ts';

/** Takes a visitor to the dashboard, to sign in as a member of the team. */
export function askTeam({ request, env, host, page, to }: Visit): Response {
  const { state, cookie } = signInState(request, env);
  return redirect(302, signInUrl(env, { host, page, state, to }), cookie);
}

/** Lets the browser that began the sign-in open the App. */
export async function teamAccess(visit: Visit): Promise<Response> {
  const { request, env, metadata, guarded, host, to } = visit;
  if (request.method !== 'GET') return new Response(null, { status: 405, headers: { Allow: 'GET' } });
  const code = new URL(request.url).searchParams.get('code');
  if (code === null) return askTeam(visit);
  const state = stateOf(request, env);
  const ownerId =
    state === null ? null : await redeemCode(metadata, code, { appId: guarded.app.id, host, state });
  if (ownerId === null || ownerId !== guarded.app.ownerId) return signInFailedPage(ownPath(visit, 'access'));
  const facts = { host, app: guarded.app.id, kind: 'team', subject: ownerId } as const;
  return redirect(303, to, await accessCookie(env, facts, Date.now()));
}
