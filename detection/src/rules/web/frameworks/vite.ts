import { insidePath } from '../../../tree.ts';
import type { FrameworkRule } from '../site.ts';

/** https://vite.dev/config/build-options.html#build-outdir: `dist`, seen from `root`. */
export const vite: FrameworkRule = (site) => {
  const config = site.config('vite.config');
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
