/** The manifests of sites in this isolate's memory. */
import type { Env } from '../../env.ts';
import { siteManifest } from '../store/manifest.ts';
import { LeastRecent, Once } from './least-recent.ts';
import { type Site, siteOf } from './site.ts';

/** Bytes of an isolate's 128 MB that they may take, roughly. */
const MOST_BYTES = 24 * 1024 * 1024;

/** How long it is remembered that a deployment has no site, in milliseconds. */
const NONE_FOR_MS = 2_000;

const kept = new LeastRecent<Site>(MOST_BYTES);
const none = new LeastRecent<number>(1_000);
const reading = new Once<Site | null>();

/**
 * A deployment's site; null if it has none. Read from storage once, by the first of the requests that need it. Throws
 * AppFluxError `unavailable` or `artifact_damaged`, as `siteManifest` does.
 */
export async function siteOfDeployment(
  env: Env,
  ctx: Pick<ExecutionContext, 'waitUntil'>,
  deployment: { id: string; appId: string },
): Promise<Site | null> {
  const { id } = deployment;
  const known = kept.get(id);
  if (known !== undefined) return known;
  if (Date.now() - (none.get(id) ?? 0) < NONE_FOR_MS) return null;
  return reading.do(
    id,
    async () => {
      const manifest = await siteManifest(env, deployment);
      // What phones are given as an update is no web site.
      if (manifest?.kind !== 'site') {
        none.set(id, Date.now(), 1);
        return null;
      }
      const site = siteOf(manifest);
      kept.set(id, site, site.weight);
      return site;
    },
    (running) => ctx.waitUntil(running),
  );
}

/** Forgets a manifest whose files turned out to be gone. */
export function forgetManifest(deploymentId: string): void {
  kept.delete(deploymentId);
  none.delete(deploymentId);
}
