/** What the control plane asks the host about state: requests below STATE_PATH. */
import { BindingName, ObjectId, StateScope } from '@appflux/protocol';
import { z } from 'zod';
import type { StateEnv } from './env.ts';
import { quotaBytes } from './limits.ts';
import { indexOf, stateOf } from './objects.ts';

/** Paths that are answered here begin with this. */
export const STATE_PATH = '/state/';

const AppPath = z.tuple([ObjectId]);
const ScopePath = z.tuple([ObjectId, StateScope]);
const BindingPath = z.tuple([ObjectId, StateScope, BindingName]);
const ExportPath = z.tuple([ObjectId, StateScope, BindingName, z.literal('export')]);

/**
 * - `GET /state/APP`: what an App has, and its quota.
 * - `GET /state/APP/SCOPE/BINDING/export`: what a binding holds; the header X-State-Kind says of which kind it is.
 * - `DELETE /state/APP/SCOPE/BINDING`: empties a binding.
 * - `DELETE /state/APP` and `DELETE /state/APP/SCOPE`: removes all, permanently; `left` is how many bindings are left for
 *   another call.
 */
export async function answerState(request: Request, env: StateEnv): Promise<Response> {
  const parts = new URL(request.url).pathname.slice(STATE_PATH.length).split('/');
  const index = (appId: string) => indexOf(env, appId);
  if (request.method === 'GET') {
    const app = AppPath.safeParse(parts).data;
    if (app) {
      return Response.json({
        items: await index(app[0]).usage(app[0]),
        quotaBytes: quotaBytes(env.SERVER_STATE_MB),
      });
    }
    const exported = ExportPath.safeParse(parts).data;
    if (exported) {
      const [appId, scope, binding] = exported;
      const place = { appId, scope, binding };
      const kind = await index(appId).kindOf(place);
      if (kind === null) return missing();
      const content = await stateOf(env, place).export(kind);
      return new Response(content, { headers: { 'X-State-Kind': kind } });
    }
  }
  if (request.method === 'DELETE') {
    const one = BindingPath.safeParse(parts).data;
    if (one) {
      const [appId, scope, binding] = one;
      const found = await index(appId).removeBinding({ appId, scope, binding });
      return found ? new Response(null, { status: 204 }) : missing();
    }
    const all = z.union([AppPath, ScopePath]).safeParse(parts).data;
    if (all) return Response.json({ left: await index(all[0]).removeAll(all[0], all[1] ?? null) });
  }
  return missing();
}

const missing = () => new Response(null, { status: 404 });
