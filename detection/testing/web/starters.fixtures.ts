/** What public starters taught, rebuilt small: servers around Vite, and projects that nothing builds. */
import { type Fixtures, json, pkg } from '../fixture.ts';

const SSR_SERVER = `import express from 'express';
const app = express();
app.use(sirv('./dist/client', { extensions: [] }));
app.use('*all', async (request, response) => {
  const { render } = await import('./dist/server/entry-server.js');
  response.send(await render(request.originalUrl));
});
app.listen(5173);`;

const SSR_SCRIPTS = {
  dev: 'node server',
  build: 'npm run build:client && npm run build:server',
  'build:client': 'vite build --outDir dist/client',
  'build:server': 'vite build --ssr src/entry-server.js --outDir dist/server',
};

const ssr = (scripts: Readonly<Record<string, string>>, dependencies: object = { express: '5.0.0' }) => ({
  'package.json': json({ name: 'shop', scripts, dependencies, devDependencies: { vite: '8.0.0' } }),
  'index.html':
    '<div id="app"><!--app-html--></div><script type="module" src="/src/entry-client.js"></script>',
});

export const starterFixtures: Fixtures = {
  'a server that renders what Vite built, though no script starts it': {
    servers: true,
    files: { ...ssr(SSR_SCRIPTS), 'server.js': SSR_SERVER },
    plan: {
      framework: 'express',
      buildCommand: 'npm run build',
      outputs: ['.appflux-server'],
      server: { kind: 'node', entry: 'server.js' },
    },
  },
  'the same where no servers run': {
    files: { ...ssr(SSR_SCRIPTS), 'server.js': SSR_SERVER },
    message: 'This is an Express server',
    hint: 'ask the operator to enable servers',
  },
  'a build for a server that the source does not have': {
    servers: true,
    files: ssr(SSR_SCRIPTS, {}),
    message: 'renders its pages on a server: the build script of package.json runs "vite build --ssr"',
    hint: 'Let the script "start" run its server',
  },
  'a build for a server, of which the settings name the files for the browser': {
    servers: true,
    settings: { outputs: ['dist/client'] },
    files: { ...ssr(SSR_SCRIPTS), 'server.js': SSR_SERVER },
    plan: { framework: 'vite', outputs: ['dist/client'] },
  },
  'pages that are rendered after the build for a server': {
    files: ssr({ ...SSR_SCRIPTS, build: `${SSR_SCRIPTS.build} && node prerender` }),
    plan: { framework: 'vite', buildCommand: 'npm run build', outputs: ['dist/client'] },
  },
  'a manifest for a server that is elsewhere': {
    files: ssr({ build: 'vite build --ssrManifest --outDir web' }, {}),
    plan: { framework: 'vite', outputs: ['web'] },
  },
  'a page that a plugin of Vite makes, and a server of node:http renders': {
    servers: true,
    files: {
      'package.json': json({
        scripts: { build: 'vite build', start: 'node --env-file-if-exists=.env server.js' },
        dependencies: { 'solid-js': '2.0.0' },
        devDependencies: { vite: '8.0.0' },
      }),
      'vite.config.ts': 'export default { plugins: [solid({ start: {}, ssr: true })] }',
      'server.js':
        "import { createServer } from 'node:http';\nimport { handle } from './dist/server/server.js';\ncreateServer(handle).listen(3000);",
    },
    plan: { framework: 'node-http', server: { kind: 'node', entry: 'server.js' } },
  },
  'Vite for tests alone': {
    files: {
      'package.json': json({ scripts: { test: 'node test' }, devDependencies: { vite: '8.0.0' } }),
      'test.js': '',
      'src/module.js': '',
    },
    message: 'This project depends on Vite, but has no index.html and no build script.',
    hint: 'Add a "build" script',
  },
  'Vite with a page and without scripts': {
    files: {
      'package.json': json({ devDependencies: { vite: '8.0.0' } }),
      'index.html': '<script type="module" src="/main.js"></script>',
    },
    plan: { framework: 'vite', buildCommand: 'npx vite build', outputs: ['dist'] },
  },
  'Gulp without a task that builds': {
    files: {
      'package.json': json({ devDependencies: { gulp: '3.9.0' } }),
      'gulpfile.js': "gulp.task('default', ['sass']);\ngulp.task('sass', () => {});",
      'www/index.html': '<h1>Shop</h1>',
    },
    message: 'gulpfile.js has no task called build, and package.json no build script.',
    hint: 'such as www, set the root directory',
  },
  'Gulp with a task that builds': {
    files: {
      'package.json': json({ devDependencies: { gulp: '5.0.0' } }),
      'gulpfile.mjs': 'export const build = series(styles, pages);',
    },
    plan: { framework: 'gulp', buildCommand: 'npx gulp build', outputs: ['dist'] },
  },
  'a NativeScript app': {
    files: {
      'package.json': pkg({ '@nativescript/core': '9.0.0' }, undefined, { main: 'app/app.js' }),
      'app/app.js': '',
      'App_Resources/Android/app.gradle': '',
    },
    message: 'This is a NativeScript app',
    hint: 'Set an image that has them',
  },
};
