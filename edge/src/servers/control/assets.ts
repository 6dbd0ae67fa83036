/** `/assets`: what the binding ASSETS of a server answers, from the files of its deployment. */
import type { Env } from '../../env.ts';
import { bodyOf } from '../../sites/serve/bodies.ts';
import { decide, type SiteSettings } from '../../sites/serve/decide.ts';
import { siteOfDeployment } from '../../sites/serve/manifests.ts';
import { objectsOf } from '../../storage/index.ts';
import { ASSETS_HEADER, AssetsRequest } from '../visit/protocol.ts';

/**
 * The file under the path of the URL that a server asks for, with clean URLs and the site's headers, but without its
 * redirects: those have been applied. Visitors get what the server makes of it.
 */
export async function answerAssets(
  request: Request,
  env: Env,
  ctx: Pick<ExecutionContext, 'waitUntil'>,
): Promise<Response> {
  const { appId, deploymentId, url } = AssetsRequest.parse(
    JSON.parse(request.headers.get(ASSETS_HEADER) ?? ''),
  );
  const site = await siteOfDeployment(env, ctx, { id: deploymentId, appId });
  if (site?.server === undefined) return new Response(null, { status: 404 });
  const { hostname, pathname, search } = new URL(url);
  const { notFound } = site.server.assets;
  const settings: SiteSettings = {
    isPublic: true,
    isPreview: false,
    spaFallback: notFound === 'single-page-application',
    rewriteHosts: [],
    isSkewed: false,
  };
  const asked = { method: request.method, host: hostname, path: pathname, query: search };
  const rules = { ...site.rules, redirects: [] };
  const decision = decide({ ...site, rules }, { ...asked, headers: request.headers }, settings);
  if (decision.kind !== 'file') {
    // Without redirects there is nothing to forward.
    if (decision.kind === 'proxy' || decision.kind === 'forbidden_host')
      return new Response(null, { status: 404 });
    return new Response(null, { status: decision.status, headers: decision.headers });
  }
  const { status, headers, hasBody } = decision;
  if (!hasBody) return new Response(null, { status, headers, encodeBody: 'manual' });
  const body = await bodyOf(site, decision, {
    objects: objectsOf(env),
    cache: env.DISK === undefined ? caches.default : null,
    appId,
    waitUntil: (running) => ctx.waitUntil(running),
  });
  return new Response(body, { status, headers, encodeBody: 'manual' });
}
