/** Where a deploy keeps what it generates. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { FILES } from './step.ts';

/** The folder of generated files, below the checkout. */
export const generatedFolder = (root: string): string => join(root, '.appflux', 'deploy');

/**
 * The wrangler configuration of the deployed instance: the generated one, or wrangler.toml in a checkout that deployed
 * before there was one.
 */
export function deployedConfig(root: string): string {
  const generated = join(generatedFolder(root), FILES.worker);
  return existsSync(generated) ? generated : join(root, 'wrangler.toml');
}
