/** A server host with nothing but state: it loads the cases as a site, and answers the control plane's calls. */
import type { Bindings } from '@appflux/protocol';
import { FACADES_MODULE } from '../../facades/text.ts';
import { type StateExports, stateBindings } from '../bindings.ts';
import type { StateEnv } from '../env.ts';
import { answerState, STATE_PATH } from '../routes.ts';

export { KeyValue, SqlDatabase } from '../entrypoints.ts';
export { StateIndexObject } from '../index-object.ts';
export { ServerStateObject } from '../object.ts';

interface Env extends StateEnv {
  LOADER: WorkerLoader;
  /** The modules of the site, `site.js` and what it imports. */
  SITE: string;
}

const prelude = (bindings: Bindings) => `
import { env } from 'cloudflare:workers';
import { facades } from './facades.js';
globalThis.raw = { KV: env.KV, DB: env.DB };
for (const [name, kind] of Object.entries(${JSON.stringify(bindings)})) env[name] = facades[kind](env[name]);
`;

export default {
  fetch(request, env, ctx) {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname.startsWith(STATE_PATH)) return answerState(request, env);
    const place = { appId: searchParams.get('app') ?? '', scope: searchParams.get('scope') as 'production' };
    const kinds: Bindings = searchParams.get('swap')
      ? { KV: 'sqlite', DB: 'kv' }
      : { KV: 'kv', DB: 'sqlite' };
    const worker = env.LOADER.get(JSON.stringify([place, kinds]), () => ({
      compatibilityDate: '2026-11-01',
      compatibilityFlags: ['nodejs_compat'],
      mainModule: 'entry.js',
      modules: {
        'entry.js': { js: "import './prelude.js'; export { default } from './site.js';" },
        'prelude.js': { js: prelude(kinds) },
        'facades.js': { js: FACADES_MODULE },
        'site.js': { js: env.SITE },
      },
      env: stateBindings(kinds, place, ctx.exports as unknown as StateExports),
      globalOutbound: null,
    }));
    return worker.getEntrypoint().fetch(request);
  },
} satisfies ExportedHandler<Env>;
