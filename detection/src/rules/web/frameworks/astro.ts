import { mayPublish, withServer } from '../servers/with-server.ts';
import type { FrameworkRule } from '../site.ts';

/**
 * https://docs.astro.build/en/guides/on-demand-rendering/: `dist` by default. With an adapter, pages may opt out of
 * being made in advance; those that are made in advance are then in `dist/client`.
 */
export const astro: FrameworkRule = (site) => {
  const config = site.config('astro.config');
  const folder = config.folder('outDir') ?? 'dist';
  const output = ['server', 'hybrid'].find((value) => config.maySet('output', value));
  const hasAdapter = config.isSet('adapter') || config.mentions('adapter,');
  const server = {
    servers: site.servers,
    kind: 'astro',
    hint: "Set output: 'static' and remove the adapter in astro.config and deploy again, or set outputs in the app to a folder that the build creates.",
  } as const;
  if (output !== undefined) {
    const what = `This Astro project renders on a server: ${config.path} sets output to "${output}"`;
    return withServer({ ...server, what });
  }
  if (!hasAdapter) return { outputs: [folder] };
  if (mayPublish(site.servers)) {
    return withServer({
      ...server,
      what: `This Astro project can render on a server: ${config.path} sets an adapter`,
    });
  }
  const lost = `Only pages that Astro makes in advance are published, although ${config.path} sets an adapter for a server.`;
  return { outputs: [`${folder}/client`, folder], reasons: [{ about: 'framework', text: lost }] };
};
