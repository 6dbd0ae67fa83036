/** The runner's package that an instance serves, and whether a runner takes it. */
import { Sha256 } from '@appflux/protocol';
import semver from 'semver';
import { request } from 'undici';
import { z } from 'zod';
import type { Installed, VersionRecord } from './version-record.ts';

/** The largest package that is downloaded, in bytes. Cloudflare serves no asset beyond 25 MiB. */
export const MOST_PACKAGE_BYTES = 25 * 1024 * 1024;

const TIMEOUT_MS = 30_000;
const MOST_FACTS_BYTES = 4096;

/** `runner-package/package.json` of an instance (stack/runner-package/ensure.ts). */
const Served = z.object({
  version: z
    .string()
    .max(40)
    .refine((text) => semver.valid(text) !== null),
  sha256: Sha256,
  bytes: z.int().min(1).max(MOST_PACKAGE_BYTES),
});
export type Served = z.infer<typeof Served>;

/** Where a file of the package is. */
export const packageUrl = (instance: URL, name: string): URL => new URL(`/runner-package/${name}`, instance);

/**
 * What the instance serves; null if it serves no package.
 * @throws Error if it can't be reached, or its answer is not what an instance says
 */
export async function askServed(instance: URL, signal: AbortSignal): Promise<Served | null> {
  const response = await request(packageUrl(instance, 'package.json'), {
    signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
  });
  if (response.statusCode === 404) {
    await response.body.dump();
    return null;
  }
  if (response.statusCode !== 200) {
    await response.body.dump();
    throw new Error(`the instance responded with status ${response.statusCode}`);
  }
  let text = '';
  response.body.setEncoding('utf8');
  for await (const chunk of response.body) {
    text += chunk;
    if (text.length > MOST_FACTS_BYTES) throw new Error('the description of the package is too long');
  }
  return Served.parse(JSON.parse(text));
}

/**
 * Whether the runner's own code may come from this instance: only over a connection that nobody else can change. A build
 * runs in a sandbox; this does not.
 */
export const isTrusted = ({ protocol, hostname }: URL): boolean =>
  protocol === 'https:' || /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/.test(hostname);

/** Whether to update to what is served, or why not. Pure. */
export function decideUpdate(
  served: Served,
  running: Installed,
  refused: VersionRecord['refused'],
): 'update' | 'same' | 'older' | 'refused' {
  if (served.sha256 === running.sha256) return 'same';
  const order = semver.compare(served.version, running.version);
  if (order < 0) return 'older';
  // Without a checksum of what runs, the same version is the same.
  if (order === 0 && running.sha256 === null) return 'same';
  return refused.some(({ sha256 }) => sha256 === served.sha256) ? 'refused' : 'update';
}
