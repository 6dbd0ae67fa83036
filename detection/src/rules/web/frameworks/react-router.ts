import { type FrameworkRule, needsServer } from '../site.ts';

const server = (what: string, file: string) =>
  needsServer(
    `This ${what} project renders on a server`,
    `Set ssr: false${file === 'vite.config' ? '' : ', or prerender,'} in ${file} and deploy again, or set outputs in the app to a folder that the build creates.`,
  );

/**
 * https://reactrouter.com/how-to/spa and https://reactrouter.com/how-to/pre-rendering: both write
 * `build/client`.
 */
export const reactRouter: FrameworkRule = (site) => {
  const config = site.config('react-router.config');
  if (!config.isOff('ssr') && !config.isSet('prerender'))
    return server('React Router', 'react-router.config');
  return { outputs: [`${config.folder('buildDirectory') ?? 'build'}/client`] };
};

/** https://v2.remix.run/docs/guides/spa-mode: the only way for Remix to be files alone. */
export const remix: FrameworkRule = (site) => {
  const config = site.config('vite.config');
  if (!config.isOff('ssr')) return server('Remix', 'vite.config');
  return { outputs: [`${config.folder('buildDirectory') ?? 'build'}/client`] };
};
