/** The server of a site that is files alone. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const SOURCE = 'export default { fetch: (request, env) => env.ASSETS.fetch(request) };\n';

/**
 * @param {import('../../context.mjs').Context} ctx
 * @param {string} assets absolute
 * @returns {Promise<import('../../output.mjs').Packed>}
 */
export async function filesOnly(ctx, assets) {
  const modules = join(ctx.work, 'files-only');
  await mkdir(modules, { recursive: true });
  await writeFile(join(modules, 'index.js'), SOURCE);
  return { main: 'index.js', modules, assets, notFound: '404-page' };
}
