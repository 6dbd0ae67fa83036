/** A site that runs the case or attack it is asked for. It runs as a site of ours, and as a Worker with the platform's own bindings. */
import { attack } from './attacks.ts';
import type { Bindings } from './case.ts';
import { runCase } from './cases.ts';

export default {
  async fetch(request, env) {
    const { pathname, searchParams } = new URL(request.url);
    const name = searchParams.get('name') ?? '';
    // The platform has bindings for each case; a site of ours has an App of its own.
    const nth = searchParams.get('nth') ?? '';
    const bindings = { KV: env[`KV${nth}`], DB: env[`DB${nth}`] } as Bindings;
    return pathname === '/attack' ? attack(name, bindings) : runCase(name, bindings);
  },
} satisfies ExportedHandler<Record<string, unknown>>;
