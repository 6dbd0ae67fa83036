/** Chooses the variant of an image to build. */
import { once } from 'node:events';
import { Agent, request } from 'node:https';
import { getCACertificates } from 'node:tls';
import { StackProblem } from '../problem.ts';
import type { BuilderImage, ImageVariant } from './catalog.ts';

/** Timeout for a vendor's page, in milliseconds; after that it counts as unreachable. */
const ANSWER_WITHIN_MS = 5_000;

/** The variable that selects the variant of an image, such as APPFLUX_ANDROID_IMAGE. */
export const variantVariable = (kind: string): string => `APPFLUX_${kind.toUpperCase()}_IMAGE`;

/**
 * The variants to consider, the preferred one first: the one that the environment names, or all of them.
 * @throws StackProblem `settings_invalid` for an unknown name
 */
export function wantedVariants(image: BuilderImage, env: NodeJS.ProcessEnv): readonly ImageVariant[] {
  const variable = variantVariable(image.kind);
  const wanted = env[variable];
  if (wanted === undefined || wanted === '' || wanted === 'auto') return image.variants;
  const variant = image.variants.find(({ name }) => name === wanted);
  if (variant !== undefined) return [variant];
  throw new StackProblem(
    'settings_invalid',
    `${variable} is "${wanted}"`,
    `set it to one of these: auto, ${image.variants.map(({ name }) => name).join(', ')}`,
  );
}

/** What to do about an image: nothing, or build one variant of it. */
export type ImageDecision = { readonly build: ImageVariant } | 'up_to_date';

/**
 * Selects the first variant that the engine's image is up to date with, or that can be built here. So an image that
 * was built while the vendor could be reached is kept when it can't. A variant that was requested by name is built
 * without checking the vendor's page; then the vendor's own error is more precise than ours.
 */
export async function decideImage(
  variants: readonly ImageVariant[],
  isUpToDate: (variant: ImageVariant) => boolean,
  answers: (url: string) => Promise<boolean>,
): Promise<ImageDecision> {
  for (const variant of variants) {
    if (isUpToDate(variant)) return 'up_to_date';
    const isOnly = variants.length === 1;
    if (isOnly || variant.needs === null || (await answers(variant.needs))) return { build: variant };
  }
  throw new TypeError('an image has a variant that can be built anywhere');
}

/** Whether a page can be reached from this machine, through the proxy that its environment names. */
export async function answers(url: string, env: NodeJS.ProcessEnv): Promise<boolean> {
  const agent = new Agent({
    proxyEnv: env,
    // A company's own authority is in the system's store, which Node does not use by default.
    ca: [...getCACertificates('default'), ...getCACertificates('system')],
  });
  try {
    const signal = AbortSignal.timeout(ANSWER_WITHIN_MS);
    const asked = request(url, { method: 'HEAD', agent, signal });
    asked.end();
    const [response] = await once(asked, 'response');
    response.resume();
    return response.statusCode < 400;
  } catch {
    // No name, no route, no answer in time, an untrusted certificate: a download fails in all these cases.
    return false;
  } finally {
    agent.destroy();
  }
}
