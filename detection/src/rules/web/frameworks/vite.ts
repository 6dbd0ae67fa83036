import { insidePath } from '../../../tree.ts';
import { mayPublish, withServer } from '../servers/with-server.ts';
import type { FrameworkRule } from '../site.ts';

/** https://vite.dev/config/build-options.html#build-outdir: `dist`, seen from `root`. */
export const vite: FrameworkRule = (site) => {
  const config = site.config('vite.config');
  // https://nitro.build/guide: Nitro 3 is also a plugin of Vite, and builds the page with its server.
  const isNitro = /from\s*["']nitro\/vite["']/.test(config.source);
  if (isNitro && mayPublish(site.servers)) {
    return withServer({
      servers: site.servers,
      kind: 'nitro',
      what: `This Vite project has a Nitro server: ${config.path} uses its plugin`,
      hint: '',
    });
  }
  const root = config.folder('root') ?? '';
  const written = config.text('outDir');
  const folder = insidePath(root, written ?? 'dist');
  if (folder === null) return { outputs: ['dist'] };
  return {
    outputs: [folder],
    ...(written === null && root === ''
      ? {}
      : { reasons: [{ about: 'output' as const, text: `Output: ${folder}, from ${config.path}.` }] }),
  };
};
