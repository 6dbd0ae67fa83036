/** Frameworks that are made for servers, and what of them can be files. */
import { mayPublish, withServer } from '../servers/with-server.ts';
import type { FrameworkRule } from '../site.ts';

const OR_OUTPUTS = 'or set outputs in the app to a folder that the build creates.';

/** A framework that always needs a server, and one that AppFlux has no packager for. */
export const serverOnly: FrameworkRule = (site) => ({
  refusal: `${site.framework.name} is a server framework that AppFlux can’t run.`,
  hint: `Set the root directory to the part that is a website, ${OR_OUTPUTS}`,
});

/**
 * https://docs.solidjs.com/solid-start/reference/config/define-config: Nitro builds its server, and the preset `static`
 * writes `.output/public`.
 */
export const solidStart: FrameworkRule = (site) => {
  const config = site.config('app.config', 'vite.config');
  const isStatic =
    config.maySet('preset', 'static') || config.isOff('ssr') || config.mentions('solid-start-static');
  if (isStatic) return { outputs: ['.output/public', 'dist/client', 'dist/public', 'dist'] };
  return withServer({
    servers: site.servers,
    kind: 'nitro',
    what: 'This SolidStart project renders on a server',
    hint: `Set the server preset "static" in app.config and deploy again, ${OR_OUTPUTS}`,
  });
};

/**
 * https://tanstack.com/start/latest/docs/framework/react/guide/static-prerendering and .../spa-mode: set in
 * vite.config.
 */
export const tanStackStart: FrameworkRule = (site) => {
  const config = site.config('vite.config', 'app.config');
  const mode = ['spa', 'prerender'].find((name) => config.isSet(name) && !config.isDisabled(name));
  if (mode !== undefined && site.servers !== 'wanted') {
    const how = mayPublish(site.servers)
      ? '. To publish it with its server, set "server" to true in appflux.json'
      : '';
    return {
      outputs: [...new Set([site.framework.directory ?? 'dist/client', 'dist/client', '.output/public'])],
      reasons: [
        {
          about: 'framework',
          text: `TanStack Start generates a static site: ${config.path} sets ${mode}${how}.`,
        },
      ],
    };
  }
  return withServer({
    servers: site.servers,
    kind: 'tanstack-start',
    what: 'This TanStack Start project renders on a server',
    hint: `Enable prerender or spa in vite.config and deploy again, ${OR_OUTPUTS}`,
  });
};

/** https://qwik.dev/docs/guides/static-site-generation/: an adapter in `adapters/static` writes `dist`. */
export const qwik: FrameworkRule = (site) => {
  const isStatic =
    site.config('adapters/static/vite.config').path !== null ||
    /adapters\/static/.test(Object.values(site.pkg.scripts).join('\n'));
  const isCity = '@builder.io/qwik-city' in site.dependencies;
  if (isStatic || !isCity) return { outputs: ['dist'], buildCommand: 'vite build' };
  return {
    refusal: 'This Qwik project renders on a server, and AppFlux can’t run servers of Qwik.',
    hint: `Add the static adapter ("qwik add static") and deploy again, ${OR_OUTPUTS}`,
  };
};

/** https://docs.redwoodjs.com/docs/cli-commands#build: the web side alone is files. */
export const redwood: FrameworkRule = () => ({
  outputs: ['web/dist'],
  script: '',
  buildCommand: 'rw build web',
});

/**
 * https://docs.expo.dev/guides/publishing-websites/: only a project with React Native for Web has a site in
 * it.
 */
export const expo: FrameworkRule = (site) => {
  if ('react-native-web' in site.dependencies)
    return { outputs: ['dist'], buildCommand: 'expo export -p web' };
  return {
    refusal: 'This Expo app has no web support: it does not depend on react-native-web.',
    hint: 'Install react-native-web to build it for the web.',
  };
};
