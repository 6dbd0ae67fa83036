/** Chooses the way in which an image is made, of those that there are. */
import { once } from 'node:events';
import { Agent, request } from 'node:https';
import { getCACertificates } from 'node:tls';
import { StackProblem } from '../problem.ts';
import type { BuilderImage, ImageVariant } from './catalog.ts';

/** How long a vendor's page may take, in milliseconds, until it counts as one that cannot be reached. */
const ANSWER_WITHIN_MS = 5_000;

/** The variable that names the variant of an image, such as APPFLUX_ANDROID_IMAGE. */
export const variantVariable = (kind: string): string => `APPFLUX_${kind.toUpperCase()}_IMAGE`;

/**
 * The variants to look at, best first: the one that the environment names, or all of them.
 * @throws StackProblem `settings_invalid` for a name that there is none of
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

/** What is to be done about an image: nothing, or build one variant of it. */
export type ImageDecision = { readonly build: ImageVariant } | 'up_to_date';

/**
 * Decides: the first variant that the engine's image is up to date with, or that can be made here. So what was made
 * while the vendor could be reached stays when it cannot be reached any more. One that was asked for by name is made
 * without asking the vendor, whose refusal then says more than ours.
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
  throw new TypeError('an image has a variant that can be made anywhere');
}

/** Whether a page can be reached from this machine, through the proxy that its environment names. */
export async function answers(url: string, env: NodeJS.ProcessEnv): Promise<boolean> {
  const agent = new Agent({
    proxyEnv: env,
    // A company's own authority lies in the system's store, which Node does not look at by itself.
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
    // No name, no route, no answer in time, a certificate that nobody trusts: for a download they are all the same.
    return false;
  } finally {
    agent.destroy();
  }
}
