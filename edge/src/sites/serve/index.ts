/** The Worker's entry point for hosts of sites. */
import type { Env } from '../../env.ts';
import { requests } from '../../isolate-counts.ts';
import { journal } from '../../journal.ts';
import { admit, isPrivate } from '../access/admit.ts';
import { OWN_PATHS } from '../access/visit.ts';
import { type Resolution, resolveSite } from '../hosts/resolve.ts';
import { messagePage, SITE_UNKNOWN, UNAVAILABLE } from './pages.ts';
import { serveSite } from './serve.ts';

/** What requests for sites are counted as, whatever their paths. */
const ROUTE = 'site';

/**
 * The answer of a site; null if the request's host is not one of sites: then it is for the control plane. A host of sites
 * is answered here whatever the path, so that nothing of the control plane is reachable there.
 */
export async function answerSite(
  request: Request,
  env: Env,
  ctx: Pick<ExecutionContext, 'waitUntil'>,
): Promise<Response | null> {
  const url = new URL(request.url);
  const startedAt = Date.now();
  const response = await siteResponse(request, url, env, ctx);
  if (response === null) return null;
  requests.add({ method: request.method, route: ROUTE, status: response.status });
  if (env.REQUEST_LOG === '1') {
    journal.info(
      `${request.method} ${url.host}${url.pathname} ${response.status} ${Date.now() - startedAt} ms`,
    );
  }
  return response;
}

async function siteResponse(
  request: Request,
  url: URL,
  env: Env,
  ctx: Pick<ExecutionContext, 'waitUntil'>,
): Promise<Response | null> {
  // The control plane says what is missing.
  if (!env.PUBLIC_URL) return null;
  let resolved: Resolution;
  try {
    resolved = await resolveSite(url.host, { env });
  } catch (error) {
    journal.error(`The site of ${url.host} can't be looked up`, error);
    return messagePage(UNAVAILABLE, request.method);
  }
  if (resolved === 'foreign') return null;
  if (resolved === 'unknown') return messagePage(SITE_UNKNOWN, request.method);
  if (resolved.canonicalHost !== undefined) return redirectToHost(url, resolved.canonicalHost);
  const isPublic = !isPrivate(resolved);
  try {
    const answer =
      isPublic && !url.pathname.startsWith(OWN_PATHS) ? null : await admit(request, resolved, env);
    if (answer !== null) return answer;
  } catch (error) {
    journal.error(`Who may see the site of ${url.host} can't be found out`, error);
    return messagePage(UNAVAILABLE, request.method);
  }
  return serveSite({ request, url, env, ctx }, { resolved, isPublic });
}

/** The same page on the host that the site prefers. Kept by nobody: the host may change. */
function redirectToHost(url: URL, host: string): Response {
  const target = new URL(url);
  target.host = host;
  return new Response(null, {
    status: 308,
    headers: { Location: target.href, 'Cache-Control': 'public, max-age=0, must-revalidate' },
  });
}
