import { type FrameworkRule, needsServer } from '../site.ts';

/**
 * https://docs.astro.build/en/guides/on-demand-rendering/: `dist` by default; an adapter puts the pages made
 * in advance into `dist/client`.
 */
export const astro: FrameworkRule = (site) => {
  const config = site.config('astro.config');
  if (config.maySet('output', 'server')) {
    return needsServer(
      `This Astro project renders on a server: ${config.path} sets output to "server"`,
      "Set output: 'static' in astro.config and deploy again, or set outputs in the app to a folder that the build creates.",
    );
  }
  const folder = config.folder('outDir') ?? 'dist';
  return { outputs: config.isSet('adapter') ? [`${folder}/client`, folder] : [folder] };
};
