/** Signed, expiring links to an artifact, for people who couldn't open it otherwise. */
import type { Env } from '../../env.ts';
import { setting } from '../../settings.ts';
import { isSignatureOf, signatureOf } from './signed.ts';

const textOf = (deploymentId: string, name: string, expires: string) =>
  JSON.stringify([deploymentId, name, expires]);

/** The URL of a deployment's artifact that is valid until `expires` (Unix seconds), whatever the App's access is. */
export async function artifactLink(
  env: Env,
  { deploymentId, name, expires }: { deploymentId: string; name: string; expires: number },
): Promise<string> {
  const url = new URL(`${setting(env, 'PUBLIC_URL')}/dl/${deploymentId}/${encodeURIComponent(name)}`);
  url.searchParams.set('expires', String(expires));
  const signature = await signatureOf(env, 'artifact-link', textOf(deploymentId, name, String(expires)));
  url.searchParams.set('signature', signature);
  return url.href;
}

/** Whether a URL is a link of that artifact which has not expired at `now` (Unix milliseconds). */
export async function isArtifactLink(
  url: URL,
  { env, deploymentId, name, now }: { env: Env; deploymentId: string; name: string; now: number },
): Promise<boolean> {
  const expires = url.searchParams.get('expires') ?? '';
  const signature = url.searchParams.get('signature') ?? '';
  if (!/^\d{1,12}$/.test(expires) || !/^[\w-]{43}$/.test(signature)) return false;
  if (Number(expires) * 1000 <= now) return false;
  return isSignatureOf(env, 'artifact-link', textOf(deploymentId, name, expires), signature);
}
