import { withServer } from '../servers/with-server.ts';
import type { FrameworkRule } from '../site.ts';

const ADAPTER = /@sveltejs\/adapter-(?!static\b)[\w-]+/;

/**
 * https://svelte.dev/docs/kit/adapter-static: the site is in `build`, or where `pages` says. SvelteKit 3 sets
 * the adapter in vite.config.
 */
export const svelteKit: FrameworkRule = (site) => {
  const configs = [site.config('svelte.config'), site.config('vite.config')];
  const config = configs.find((candidate) => candidate.mentions('adapter-static'));
  const isDependency = '@sveltejs/adapter-static' in site.dependencies;
  const anotherIsSet = configs.some((candidate) => candidate.mentions('@sveltejs/adapter-'));
  if (config !== undefined || (isDependency && !anotherIsSet)) {
    return {
      outputs: [config?.folder('pages') ?? 'build'],
      reasons: [
        { about: 'framework', text: 'SvelteKit generates a static site, because it uses adapter-static.' },
      ],
    };
  }
  const other = Object.keys(site.dependencies).find((name) => ADAPTER.test(name));
  return withServer({
    servers: site.servers,
    kind: 'sveltekit',
    what: `This SvelteKit project ${other === undefined ? 'does not use adapter-static' : `uses ${other} instead of adapter-static`}`,
    hint: 'Install @sveltejs/adapter-static, set it as the adapter, and deploy again; or set outputs in the app to a folder that the build creates.',
  });
};
