/** The main module of a SvelteKit 3 server, beside what the adapter generates. Files and prerendered pages come first. */
import { appPath } from './app-path.js';
import { server } from './instance.js';

/** Set by the first request: the code of the project may only do I/O in one. */
let ready;

const start = (env, origin) =>
  server.init({
    env,
    read: async (file) => {
      const response = await env.ASSETS.fetch(new URL(`/${file}`, origin));
      if (!response.ok) throw new Error(`${file} can't be read: status ${response.status}`);
      return response.body;
    },
  });

export default {
  async fetch(request, env, ctx) {
    const { origin, pathname } = new URL(request.url);
    // A file of another release: not a page of the project, and nothing to keep.
    if (pathname.startsWith(`${appPath}immutable/`))
      return new Response('Not found', { status: 404, headers: { 'cache-control': 'no-store' } });
    ready ??= start(env, origin);
    await ready;
    return server.respond(request, {
      platform: { env, ctx, caches, cf: request.cf },
      getClientAddress: () => request.headers.get('cf-connecting-ip'),
    });
  },
};
