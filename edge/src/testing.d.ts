/** The bindings that tests see: the Worker's own, and what vitest.config.ts adds. */
import type { D1Migration } from 'cloudflare:test';
import type { Env as WorkerEnv } from './env.ts';

declare global {
  namespace Cloudflare {
    interface Env extends WorkerEnv {
      MIGRATIONS: D1Migration[];
    }
  }
}
