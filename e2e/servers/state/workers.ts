/** Two Workers for the cases of state: a host that loads them as a site, and one with the platform's own KV and D1. */
import { join } from 'node:path';
import { build } from 'esbuild';
import { convertV4MiniflareOptions, Miniflare } from 'miniflare';

const TESTING = join(import.meta.dirname, '../../../edge/src/servers/host/state/testing');

/** The names of the cases. Their module has the types of Workers, so it is not known to this part's type checks. */
export async function caseNames(): Promise<string[]> {
  const { CASES } = (await import(join(TESTING, 'cases.ts'))) as { CASES: object };
  return Object.keys(CASES);
}

async function bundle(name: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [join(TESTING, name)],
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2024',
    conditions: ['workerd', 'worker', 'browser'],
    external: ['cloudflare:*', 'node:*'],
    // As wrangler bundles the host: the text of the facades has calls of `__name`.
    keepNames: true,
  });
  return outputFiles[0]?.text ?? '';
}

const shared = {
  host: '127.0.0.1',
  port: 0,
  cf: false,
  modules: true,
  compatibilityDate: '2026-11-01',
} as const;

/** A server host with nothing but state. `quotaMb` is what an App may hold. */
export async function startHost(quotaMb: number): Promise<Miniflare> {
  const [script, SITE] = await Promise.all([bundle('host-worker.ts'), bundle('site.ts')]);
  const host = new Miniflare(
    convertV4MiniflareOptions({
      ...shared,
      script,
      workerLoaders: { LOADER: {} },
      bindings: { SITE, SERVER_STATE_MB: String(quotaMb) },
      durableObjects: {
        SERVER_STATE: { className: 'ServerStateObject', useSQLite: true },
        STATE_INDEX: { className: 'StateIndexObject', useSQLite: true },
      },
    }),
  );
  await host.ready;
  return host;
}

/** The closest real counterpart: KV and D1 of Miniflare, as many of each as there are cases. */
export async function startPlatform(cases: number): Promise<Miniflare> {
  const names = (prefix: string) => Array.from({ length: cases }, (_, nth) => `${prefix}${nth}`);
  const platform = new Miniflare(
    convertV4MiniflareOptions({
      ...shared,
      compatibilityFlags: ['nodejs_compat'],
      script: await bundle('site.ts'),
      kvNamespaces: names('KV'),
      // db0 finds a database by its name in the environment.
      d1Databases: [...names('DB'), 'DB'],
    }),
  );
  await platform.ready;
  return platform;
}
