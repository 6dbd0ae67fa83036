/** Answers a request for a site's host: the manifest and the bytes around the decision of `decide.ts`. */
import { isAppFluxError } from '@appflux/protocol';
import type { Env } from '../../env.ts';
import { journal } from '../../journal.ts';
import { metadataOf } from '../../metadata/index.ts';
import { storeErrors } from '../../operations/store-errors.ts';
import { setting } from '../../settings.ts';
import { objectsOf } from '../../storage/index.ts';
import { hostName, siteUrl } from '../hosts/domain.ts';
import { appLabel } from '../hosts/labels.ts';
import type { ResolvedSite } from '../hosts/resolve.ts';
import { bodyOf } from './bodies.ts';
import { isPage } from './content-type.ts';
import { type Decision, hasPath, type SiteRequest, type SiteSettings } from './decide.ts';
import { decided } from './decided.ts';
import { forward } from './forward.ts';
import { isHashedName } from './hashed-name.ts';
import { forgetManifest, siteOfDeployment } from './manifests.ts';
import * as pages from './pages.ts';
import { messagePage } from './pages.ts';
import { serveByServer } from './serve-server.ts';
import { answererOf } from './server-route.ts';
import type { Site } from './site.ts';
import { firstRelease, marksPages, releaseCookieFor } from './skew.ts';

/** A request for a site, and what answering it needs. */
interface Visit {
  request: Request;
  url: URL;
  env: Env;
  ctx: Pick<ExecutionContext, 'waitUntil'>;
  resolved: ResolvedSite & { deploymentId: string };
  settings: SiteSettings;
  /** Since the release became current. */
  elapsedMs: number;
}

/** The answer of a site. The caller has checked that the visitor may see it; `isPublic` says whether anybody may. */
export async function serveSite(
  from: Pick<Visit, 'request' | 'url' | 'env' | 'ctx'>,
  { resolved, isPublic }: { resolved: ResolvedSite; isPublic: boolean },
): Promise<Response> {
  const { app, deploymentId, environment } = resolved;
  if (deploymentId === null) return messagePage(pages.NOT_RELEASED, from.request.method);
  const visit: Visit = {
    ...from,
    resolved: { ...resolved, deploymentId },
    settings: {
      isPublic,
      isPreview: environment === 'preview',
      spaFallback: app.spaFallback,
      rewriteHosts: app.rewriteHosts,
      isSkewed: false,
    },
    elapsedMs: app.releasedAt === null ? Number.POSITIVE_INFINITY : Date.now() - Date.parse(app.releasedAt),
  };
  try {
    return await answer(visit);
  } catch (error) {
    return failure(visit, error);
  }
}

async function answer(visit: Visit): Promise<Response> {
  const chosen = visit.resolved.isRemoved ? null : await chooseSite(visit);
  if (chosen === null) return withoutSite(visit);
  const { server } = chosen.site;
  const asked = requestOf(visit);
  // Only files of an earlier release are ever given: its server has been replaced.
  const answerer =
    server === undefined || chosen.isSkewed ? 'site' : answererOf(chosen.site, server.assets, asked);
  if (answerer === 'server') return fromServer(visit, chosen.site);
  const settings: SiteSettings = {
    ...visit.settings,
    isSkewed: chosen.isSkewed,
    ...(server !== undefined && { spaFallback: server.assets.notFound === 'single-page-application' }),
  };
  const decision = decided(chosen.site, asked, settings);
  try {
    return await respond(visit, chosen.site, decision);
  } catch (error) {
    if (!isAppFluxError(error) || error.code !== 'artifact_damaged') throw error;
    // Retention may have removed it since its manifest was read.
    forgetManifest(chosen.site.deploymentId);
    if ((await load(visit, chosen.site.deploymentId)) === null) return withoutSite(visit);
    throw error;
  }
}

/** The answer of the site's server. Pages that come right after a release say which one they are of. */
async function fromServer(visit: Visit, { deploymentId }: Site): Promise<Response> {
  const { request, url, env, resolved, settings } = visit;
  const { app, scope } = resolved;
  const response = await serveByServer({
    request,
    url,
    env,
    appId: app.id,
    server: { deploymentId, scope, revision: app.serverRevision ?? 'first' },
    exposure: settings,
  });
  if (response.webSocket === null) markPage(visit, deploymentId, response.headers);
  return response;
}

const load = ({ env, ctx, resolved }: Visit, id: string): Promise<Site | null> =>
  siteOfDeployment(env, ctx, { id, appId: resolved.app.id });

const requestOf = ({ request, url }: Visit): SiteRequest => ({
  method: request.method,
  host: hostName(url.host),
  path: url.pathname,
  query: url.search,
  headers: withClientEncoding(request),
});

/**
 * Cloudflare replaces Accept-Encoding by its own and hands the client's on beside it.
 * Source: https://developers.cloudflare.com/workers/runtime-apis/request/#incomingrequestcfproperties
 */
function withClientEncoding({ headers, cf }: Request): SiteRequest['headers'] {
  const accepted = cf?.clientAcceptEncoding;
  if (typeof accepted !== 'string') return headers;
  return { get: (name) => (name.toLowerCase() === 'accept-encoding' ? accepted : headers.get(name)) };
}

/** The site that answers: the current release's, or the one's before while its pages still ask for their parts. */
async function chooseSite(visit: Visit): Promise<{ site: Site; isSkewed: boolean } | null> {
  const { request, url, resolved, elapsedMs } = visit;
  const { deploymentId: current, previous } = resolved;
  const { headers } = request;
  const asked = { host: hostName(url.host), path: url.pathname };
  const first = firstRelease({ current, previous, elapsedMs, headers, host: url.host });
  if (first !== current) {
    const earlier = await load(visit, first);
    if (earlier !== null && hasPath(earlier, asked)) return { site: earlier, isSkewed: true };
  }
  const site = await load(visit, current);
  if (site === null) return null;
  if (previous !== null && isHashedName(url.pathname) && !hasPath(site, asked)) {
    const earlier = await load(visit, previous);
    if (earlier !== null && hasPath(earlier, asked)) return { site: earlier, isSkewed: true };
  }
  return { site, isSkewed: false };
}

async function respond(visit: Visit, site: Site, decision: Decision): Promise<Response> {
  const { method } = visit.request;
  switch (decision.kind) {
    case 'file': {
      const { status, headers, hasBody } = decision;
      markPage(visit, site.deploymentId, headers);
      if (!hasBody) return new Response(null, { status, headers, encodeBody: 'manual' });
      const { env, ctx, resolved } = visit;
      const body = await bodyOf(site, decision, {
        objects: objectsOf(env),
        // On one machine storage is on the same disk as the cache, which nothing ever empties.
        cache: env.DISK === undefined ? caches.default : null,
        appId: resolved.app.id,
        waitUntil: (running) => ctx.waitUntil(running),
      });
      return new Response(body, { status, headers, encodeBody: 'manual' });
    }
    case 'empty':
      if (decision.status === 304) markPage(visit, site.deploymentId, decision.headers);
      return new Response(null, { status: decision.status, headers: decision.headers });
    case 'none':
      return messagePage(messageFor(decision.status), method, decision.headers);
    case 'forbidden_host':
      return messagePage(pages.HOST_NOT_ALLOWED, method);
    case 'proxy':
      return forward(visit.request, decision.url, visit.env, visit.settings);
  }
}

const messageFor = (status: number) =>
  status === 405 ? pages.METHOD_NOT_ALLOWED : status === 410 ? pages.PAGE_GONE : pages.PAGE_MISSING;

/** Notes in a page's visitor which release the page is of, so that its parts are, too. */
function markPage({ resolved, elapsedMs, url }: Visit, deploymentId: string, headers: Headers): void {
  if (!marksPages({ previous: resolved.previous, elapsedMs })) return;
  const type = headers.get('Content-Type');
  // A 304 has no type. A cookie more does no harm.
  if (type !== null && !isPage(type)) return;
  headers.append('Set-Cookie', releaseCookieFor(deploymentId, url.protocol === 'https:'));
}

/** Says why a deployment has no site: retention removed it, or its build delivered none. */
async function withoutSite({ request, env, resolved }: Visit): Promise<Response> {
  const { app, deploymentId, kind } = resolved;
  const deployment = await metadataOf(env).deployments.byId(deploymentId);
  if (deployment === null || deployment.artifactsRemovedAt !== null) {
    const current = kind === 'release' ? null : siteUrl(env, appLabel(app.slug));
    return messagePage(pages.removed(current), request.method);
  }
  return messagePage(pages.noSite(`${setting(env, 'PUBLIC_URL')}/a/${app.slug}`), request.method);
}

/** What a visitor sees of an error. */
function failure({ request, url, env, ctx }: Visit, error: unknown): Promise<Response> {
  ctx.waitUntil(storeErrors(env));
  if (isAppFluxError(error) && error.code === 'unavailable')
    return messagePage(pages.UNAVAILABLE, request.method);
  // What is damaged has been logged where it was found.
  const isDamage = isAppFluxError(error) && error.code === 'artifact_damaged';
  if (!isDamage) journal.error(`${request.method} ${url.host}${url.pathname} failed`, error);
  return messagePage(isDamage ? pages.DAMAGED : pages.UNAVAILABLE, request.method);
}
