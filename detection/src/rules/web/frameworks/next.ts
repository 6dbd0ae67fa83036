import type { Reason } from '../../../reason.ts';
import { type FrameworkRule, needsServer } from '../site.ts';

const exports = (because: string): Reason => ({
  about: 'framework',
  text: `Next.js exports a static site: ${because}.`,
});

/**
 * https://nextjs.org/docs/app/guides/static-exports: with `output: 'export'` the site is in `out`, or in
 * `distDir` where that is set.
 */
export const next: FrameworkRule = (site) => {
  const config = site.config('next.config');
  if (config.maySet('output', 'export')) {
    const folder = config.folder('distDir') ?? 'out';
    return {
      outputs: [folder],
      reasons: [exports(`${config.path} sets output to "export"`)],
    };
  }
  // Before Next.js 13.3 a command of its own made the export.
  if (/\bnext export\b/.test(site.buildScript)) {
    const folder = /\bnext export\b.*?(?:-o|--outdir)[ =]([\w./-]+)/.exec(site.buildScript)?.[1] ?? 'out';
    return {
      outputs: [folder],
      reasons: [exports('the build script runs "next export"')],
    };
  }
  return needsServer(
    `This Next.js project renders on a server: ${config.path ?? 'next.config.js'} does not set output to "export"`,
    "Set output: 'export' in next.config and deploy again, or set outputs in the app to a folder that the build creates.",
  );
};
