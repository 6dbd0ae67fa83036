import type { Refusal } from '../../rule.ts';
import { withServer } from '../servers/with-server.ts';
import type { Config, FrameworkRule, Output, Site } from '../site.ts';

const server = (site: Site, what: string, file: string): Output | Refusal =>
  withServer({
    servers: site.servers,
    kind: 'react-router',
    what: `This ${what} project renders on a server`,
    hint: `Set ssr: false${file === 'vite.config' ? '' : ', or prerender,'} in ${file} and deploy again, or set outputs in the app to a folder that the build creates.`,
  });

/**
 * https://reactrouter.com/how-to/spa and https://reactrouter.com/how-to/pre-rendering: both write `build/client`. With
 * `prerender`, a server still answers what was not made in advance, unless ssr is false.
 */
export const reactRouter: FrameworkRule = (site) => {
  const config = site.config('react-router.config');
  const files: Output = {
    outputs: [`${config.folder('buildDirectory') ?? 'build'}/client`],
  };
  const says = (text: string): Output => ({
    ...files,
    reasons: [{ about: 'framework', text: `React Router generates a static site: ${config.path} ${text}.` }],
  });
  if (config.isOff('ssr')) return says('sets ssr to false');
  const isPrerendered = config.isSet('prerender');
  const isForServer = config.isOn('ssr') || !config.isOn('prerender');
  if (isPrerendered && (site.servers === 'unavailable' || site.servers === 'declined')) {
    return says('sets prerender');
  }
  if (isPrerendered && !isForServer && site.servers !== 'wanted') {
    return says(
      'sets prerender to true. To publish it with its server, set "server" to true in appflux.json',
    );
  }
  return server(site, 'React Router', 'react-router.config');
};

/** https://v2.remix.run/docs/guides/spa-mode: the only way for Remix to be files alone. */
export const remix: FrameworkRule = (site) => {
  const config: Config = site.config('vite.config');
  if (config.path === null) {
    return {
      refusal: 'This Remix project is built by the classic compiler, which AppFlux can’t make a server of.',
      hint: 'Move it to Vite (https://v2.remix.run/docs/guides/vite) and deploy again.',
    };
  }
  if (!config.isOff('ssr')) return server(site, 'Remix', 'vite.config');
  return { outputs: [`${config.folder('buildDirectory') ?? 'build'}/client`] };
};
