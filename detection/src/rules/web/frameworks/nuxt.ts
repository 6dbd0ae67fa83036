import type { FrameworkRule } from '../site.ts';

/**
 * https://nuxt.com/docs/getting-started/deployment#static-hosting: `nuxt generate` writes `.output/public`;
 * Nuxt 2 wrote `dist`.
 */
export const nuxt: FrameworkRule = (site) => {
  const outputs = site.major !== null && site.major < 3 ? ['dist'] : ['.output/public', 'dist'];
  const reasons = [
    { about: 'framework', text: 'Nuxt generates a static site with "nuxt generate".' },
  ] as const;
  if (/\bnux[ti] generate\b/.test(site.buildScript)) return { outputs, reasons };
  if (site.pkg.scripts.generate !== undefined) return { outputs, reasons, script: 'generate' };
  return { outputs, reasons, script: '', buildCommand: 'nuxt generate' };
};
