/** What settings and workspaces make of projects that render on a server. */
import { type Fixtures, json, pkg } from '../fixture.ts';
import { files, server } from './framework-sources.ts';

/** What settings and appflux.json make of a project that could be both. */
export const serverSettingsFixtures: Fixtures = {
  'static files only, by appflux.json': {
    servers: true,
    files: { 'package.json': pkg({ next: '16.0.3' }, 'next build'), 'appflux.json': json({ server: false }) },
    message: 'The settings ask for static files only',
    hint: "Set output: 'export'",
  },
  'static files only, of a project that can make them': {
    ...files(
      {
        'package.json': pkg({ nuxt: '^4.2.1' }, 'nuxt build'),
        'appflux.json': json({ server: false }),
      },
      ['.output/public', 'dist'],
      { buildCommand: 'npx nuxt generate' },
    ),
  },
  'a server, where both are possible': server(
    {
      'package.json': pkg({ '@tanstack/react-start': '^1.140.0' }, 'vite build'),
      'vite.config.ts': 'tanstackStart({ prerender: { enabled: true } })',
      'appflux.json': json({ server: true }),
    },
    { kind: 'tanstack-start' },
  ),
  'outputs that are set': {
    ...files({ 'package.json': pkg({ next: '16.0.3' }, 'next build') }, ['web']),
    settings: { outputs: ['web'] },
  },
  'outputs that are set of a server with a build script': {
    ...files(
      {
        'package.json': json({
          scripts: { build: 'webpack', start: 'node server.js' },
          dependencies: { express: '5.0.0' },
        }),
        'server.js': "app.get('/api/x', handle); app.listen(80)",
      },
      ['web'],
      { buildCommand: 'npm run build' },
    ),
    settings: { outputs: ['web'] },
  },
  'a build command that generates': {
    ...files({ 'package.json': pkg({ nuxt: '^4.2.1' }, 'nuxt build') }, ['.output/public', 'dist'], {
      buildCommand: 'npx nuxt generate',
    }),
    settings: { buildCommand: 'npx nuxt generate' },
  },
  'a build command that runs a script which generates': {
    ...files(
      {
        'package.json': pkg({ nuxt: '^4.2.1' }, undefined, {
          scripts: { build: 'nuxt build', static: 'nuxt generate' },
        }),
      },
      ['.output/public', 'dist'],
      { buildCommand: 'npm run static' },
    ),
    settings: { buildCommand: 'npm run static' },
  },
  'a build command of one’s own': {
    ...server(
      { 'package.json': pkg({ next: '16.0.3' }, 'next build') },
      { kind: 'next' },
      {
        buildCommand: './build.sh',
      },
    ),
    settings: { buildCommand: './build.sh' },
  },
  'an instance that runs no servers': {
    files: { 'package.json': pkg({ next: '16.0.3' }, 'next build') },
    message: 'This instance publishes static files; it doesn’t run servers',
    hint: 'ask the operator to enable servers of sites',
  },
  'a shell around a project that renders on a server': {
    servers: true,
    files: {
      'package.json': pkg(
        { nuxt: '^4.2.1', '@capacitor/core': '7.0.0', '@capacitor/android': '7.0.0' },
        'nuxt build',
      ),
      'capacitor.config.ts': "export default { webDir: '.output/public' }",
    },
    plan: { type: 'android', server: undefined },
  },
};

/** In workspaces. */
export const serverWorkspaceFixtures: Fixtures = {
  'a server in a workspace': {
    servers: true,
    files: {
      'package.json': json({ workspaces: ['apps/*', 'packages/*'] }),
      'apps/web/package.json': pkg({ next: '16.0.3' }, 'next build', { name: 'web' }),
      'packages/ui/package.json': pkg({ react: '19.0.0' }, 'tsc', { name: '@repo/ui' }),
    },
    plan: {
      server: { kind: 'next', entry: null, folder: 'apps/web' },
      outputs: ['apps/web/.appflux-server'],
    },
  },
  'the same with its folder as the root directory': {
    servers: true,
    base: 'apps/web',
    files: {
      'package.json': json({ workspaces: ['apps/*'] }),
      'apps/web/package.json': pkg({ next: '16.0.3' }, 'next build', { name: 'web' }),
    },
    plan: { server: { kind: 'next', entry: null }, outputs: ['.appflux-server'] },
  },
  'Turborepo with two servers, of which one is the site': {
    servers: true,
    files: {
      'turbo.json': json({ tasks: { build: {} } }),
      'package.json': json({
        workspaces: ['apps/*'],
        devDependencies: { turbo: '2.6.0' },
        scripts: { build: 'turbo run build' },
      }),
      'apps/web/package.json': pkg({ next: '16.0.3' }, 'next build', { name: 'web' }),
      'apps/docs/package.json': pkg({ next: '16.0.3' }, 'next build', { name: 'docs' }),
    },
    plan: {
      buildCommand: 'npx turbo run build --filter=web',
      server: { kind: 'next', entry: null, folder: 'apps/web' },
    },
  },
};
