/**
 * The server host: runs the servers of sites, each in an isolate of its own. Only the control plane sends it requests; the
 * URL that a visitor asked for, and whose server is meant, are in a header.
 */
import type { HostEnv } from './env.ts';
import { runScheduled } from './scheduled.ts';
import { serve } from './serve.ts';
import { answerState, STATE_PATH } from './state/routes.ts';

export { SiteAssets } from './assets.ts';
export { Egress } from './egress/egress.ts';
export { SelfReference } from './self.ts';
export { KeyValue, SqlDatabase } from './state/entrypoints.ts';
export { StateIndexObject } from './state/index-object.ts';
export { ServerStateObject } from './state/object.ts';
export { RuntimeTail } from './tail.ts';

export default {
  fetch(request, env, ctx) {
    const { pathname } = new URL(request.url);
    switch (pathname) {
      case '/serve':
        return serve(request, env, ctx);
      case '/scheduled':
        return runScheduled(request, env, ctx);
      case '/ping':
        return new Response('pong');
      default:
        if (pathname.startsWith(STATE_PATH)) return answerState(request, env);
        return new Response(null, { status: 404 });
    }
  },
} satisfies ExportedHandler<HostEnv>;
