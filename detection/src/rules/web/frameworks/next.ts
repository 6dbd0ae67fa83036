import type { Reason } from '../../../reason.ts';
import { withServer } from '../servers/with-server.ts';
import type { FrameworkRule } from '../site.ts';

const exports = (because: string): Reason => ({
  about: 'framework',
  text: `Next.js exports a static site: ${because}.`,
});

/** The oldest release that @opennextjs/cloudflare makes a Worker of: https://opennext.js.org/cloudflare */
const OLDEST = 14;

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
  const what = `This Next.js project renders on a server: ${config.path ?? 'next.config.js'} does not set output to "export"`;
  if (site.major !== null && site.major < OLDEST) {
    return {
      refusal: `${what}. Its version is ${site.framework.version}, and AppFlux runs Next.js ${OLDEST}.2 and later.`,
      hint: `Update Next.js, or ${STATIC}`,
    };
  }
  return withServer({
    servers: site.servers,
    kind: 'next',
    what,
    hint: `S${STATIC.slice(1)}`,
  });
};

const STATIC =
  "set output: 'export' in next.config and deploy again, or set outputs in the app to a folder that the build creates.";
