/**
 * The function of the Pages project: passes every request that is not for a hashed file to the control plane, so that a
 * browser knows one origin. `_routes.json` keeps it from running for the files. WebSockets are passed on like all others.
 */

/** What the function is bound to (stack/deploy/config.ts). */
interface Env {
  /** The control plane's Worker. */
  readonly EDGE: { fetch(request: Request): Promise<Response> };
  readonly PUBLIC_URL: string;
}

/**
 * Answers a request. Each deployment of a project has an address below pages.dev as well: at those, nobody is signed in and
 * cookies are others, so pages lead to the instance's own address, and nothing else is answered.
 */
export function onRequest({ request, env }: { request: Request; env: Env }): Promise<Response> | Response {
  const { origin, pathname, search } = new URL(request.url);
  if (origin === env.PUBLIC_URL) return env.EDGE.fetch(request);
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    return new Response(`This instance is at ${env.PUBLIC_URL}\n`, { status: 421 });
  }
  return new Response(null, { status: 308, headers: { Location: env.PUBLIC_URL + pathname + search } });
}
