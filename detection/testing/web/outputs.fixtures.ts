/** Where less common frameworks, bundlers and generators write, and what looks like them and is something else. */
import { type Fixture, type Fixtures, json, pkg, type SourceFiles } from '../fixture.ts';

const refused = (files: SourceFiles, message: string, hint = ''): Fixture => ({
  servers: true,
  files,
  message,
  hint,
});

export const outputFixtures: Fixtures = {
  Quasar: {
    files: { 'package.json': pkg({ quasar: '2.0.0', '@quasar/app-vite': '2.0.0' }, 'quasar build') },
    plan: { framework: 'quasar', outputs: ['dist/spa'] },
  },
  'Quasar as a PWA': {
    files: { 'package.json': pkg({ '@quasar/app-vite': '2.0.0' }, 'quasar build -m pwa') },
    plan: { framework: 'quasar', outputs: ['dist/pwa'] },
  },
  'Quasar for desktops': refused(
    { 'package.json': pkg({ '@quasar/app-vite': '2.0.0' }, 'quasar build -m electron') },
    'builds this Quasar project in the mode electron',
    'run "quasar build"',
  ),
  'Rspress with a folder of its own': {
    files: {
      'package.json': pkg({ '@rspress/core': '2.0.0' }, 'rspress build'),
      'rspress.config.ts': "export default defineConfig({ outDir: 'site' })",
    },
    plan: { framework: 'rspress', outputs: ['site'] },
  },
  'Preact CLI with a destination': {
    files: { 'package.json': pkg({ 'preact-cli': '3.5.0' }, 'preact build --dest www') },
    plan: { framework: 'preact', outputs: ['www'] },
  },
  'Vue CLI with a destination in another script': {
    files: {
      'package.json': pkg({ '@vue/cli-service': '5.0.0' }, undefined, {
        scripts: { build: 'npm run build:prod', 'build:prod': 'vue-cli-service build --dest web' },
      }),
    },
    plan: { framework: 'vue', outputs: ['web'] },
  },
  'Preact CLI': {
    files: { 'package.json': pkg({ 'preact-cli': '3.5.0' }, 'preact build') },
    plan: { framework: 'preact', outputs: ['build'] },
  },
  Rspress: {
    files: { 'package.json': pkg({ rspress: '1.40.0' }, 'rspress build') },
    plan: { framework: 'rspress', outputs: ['doc_build'] },
  },
  'Quasar with a folder of its own': {
    files: {
      'package.json': pkg({ '@quasar/app-vite': '2.0.0' }, 'quasar build'),
      'quasar.config.js': "module.exports = () => ({ build: { distDir: 'web' } })",
    },
    plan: { framework: 'quasar', outputs: ['web'] },
  },
  'Vue CLI with a destination after an equals sign': {
    files: {
      'package.json': pkg(
        { '@vue/cli-service': '5.0.0' },
        'vue-cli-service build --mode production --dest=web/app',
      ),
      'vue.config.js': "module.exports = { outputDir: 'other' }",
    },
    plan: { framework: 'vue', outputs: ['web/app'] },
  },
  Polymer: {
    files: { 'package.json': pkg({ 'polymer-cli': '1.9.0' }, 'polymer build'), 'index.html': '' },
    plan: { framework: 'polymer', outputs: ['build/default'] },
  },
  'Polymer with named builds': {
    files: {
      'package.json': pkg({ 'polymer-cli': '1.9.0' }, 'polymer build'),
      'polymer.json': json({ builds: [{ name: 'es6' }, { preset: 'es5-bundled' }, { name: '../../x' }] }),
    },
    plan: { framework: 'polymer', outputs: ['build/es6', 'build/es5-bundled', 'build/default'] },
  },
  'Vite with outDir of a plugin and of the tests': {
    files: {
      'package.json': pkg({ vite: '8.0.0' }, 'vite build'),
      'vite.config.ts':
        "export default { plugins: [pwa({ outDir: 'x' })], test: { outDir: 'y' }, build: { minify: true } }",
    },
    plan: { outputs: ['dist'] },
  },
  'Vite whose build is put together elsewhere': {
    files: {
      'package.json': pkg({ vite: '8.0.0' }, 'vite build'),
      'vite.config.ts':
        "const build = { outDir: 'web' }; export default { plugins: [pwa({ outDir: 'x' })], build }",
    },
    plan: { outputs: ['web'] },
  },
  'Vite with a folder in the command': {
    files: {
      'package.json': pkg({ vite: '8.0.0' }, 'tsc -b && vite build --outDir web --emptyOutDir'),
      'vite.config.ts': "export default { build: { outDir: 'other' } }",
    },
    plan: { outputs: ['web'] },
  },
  'Vite whose folder is a variable': {
    files: {
      'package.json': pkg({ vite: '8.0.0' }, 'vite build'),
      'vite.config.ts': 'export default { build: { outDir: process.env.OUT } }',
    },
    plan: { outputs: ['dist'] },
  },
  'Vite in library mode': refused(
    {
      'package.json': pkg({ vite: '8.0.0' }, 'vite build'),
      'vite.config.ts': "export default { build: { lib: { entry: 'src/main.ts' } } }",
      'index.html': '',
    },
    'This is a library, not a site: its Vite configuration sets build.lib.',
  ),
  'Vite in library mode, and a site by another configuration': {
    files: {
      'package.json': pkg({ vite: '8.0.0' }, 'vite build --config vite.site.config.ts'),
      'vite.config.ts': 'export default { build: { lib: {} } }',
    },
    plan: { framework: 'vite', outputs: ['dist'] },
  },
  'a library that is tested with Vite': refused(
    { 'package.json': pkg({}, 'tsc -p .', { devDependencies: { vite: '8.0.0', vitest: '4.0.0' } }) },
    'This is a library or a program, not a site',
  ),
  'a plugin of Astro’s': refused(
    {
      'package.json': pkg({}, undefined, {
        peerDependencies: { astro: '5' },
        devDependencies: { astro: '5.0.0' },
      }),
    },
    'This is a package for projects of astro',
  ),
  'the documentation of a library': {
    files: {
      'package.json': pkg({}, undefined, {
        main: 'dist/index.js',
        scripts: { build: 'tsup', 'docs:build': 'vitepress build docs' },
        devDependencies: { vitepress: '1.6.0' },
      }),
    },
    plan: { framework: 'vitepress', buildCommand: 'npm run docs:build', outputs: ['docs/.vitepress/dist'] },
  },
  'the Storybook of a library with a build': {
    files: {
      'package.json': pkg({}, undefined, {
        main: 'dist/index.js',
        scripts: { build: 'tsup', 'build-storybook': 'storybook build' },
      }),
    },
    plan: { framework: 'storybook', outputs: ['storybook-static'] },
    because: [
      'Framework: Storybook, because package.json has a build-storybook script and its build makes a library.',
    ],
  },
  'a site with a Storybook, which can be chosen': {
    files: {
      'package.json': pkg({ vite: '8.0.0' }, undefined, {
        scripts: { build: 'vite build', 'build-storybook': 'storybook build' },
      }),
    },
    plan: {
      framework: 'vite',
      alternatives: [
        {
          type: 'web',
          framework: 'storybook',
          set: { rootDirectory: null, type: null, framework: 'storybook' },
        },
      ],
    },
  },
  'the same, chosen': {
    settings: { framework: 'storybook' },
    files: {
      'package.json': pkg({ vite: '8.0.0' }, undefined, {
        scripts: { build: 'vite build', 'build-storybook': 'storybook build' },
      }),
    },
    plan: { framework: 'storybook', buildCommand: 'npm run build-storybook' },
  },
  'a site with a Storybook in a script of another name, and one that only tests it': {
    files: {
      'package.json': pkg({ vite: '8.0.0' }, undefined, {
        scripts: {
          build: 'vite build',
          'test:storybook': 'storybook build && test-storybook',
          'storybook:build': 'storybook build -o site',
        },
      }),
    },
    plan: {
      framework: 'vite',
      alternatives: [
        {
          type: 'web',
          framework: 'storybook',
          set: { rootDirectory: null, type: null, framework: 'storybook' },
        },
      ],
    },
  },
  'a site whose script only starts a Storybook, with it chosen': {
    settings: { framework: 'storybook' },
    files: {
      'package.json': pkg({ vite: '8.0.0' }, undefined, {
        scripts: { build: 'vite build', storybook: 'storybook dev -p 6006' },
      }),
    },
    code: 'settings_invalid',
    message: 'The app’s framework is storybook, but the source doesn’t match it.',
    hint: 'auto-detect',
  },
  'Rollup into a folder beside the page': {
    files: {
      'package.json': pkg({}, 'rollup -c', { private: true, devDependencies: { rollup: '4.0.0' } }),
      'rollup.config.js': "export default { output: { file: 'public/build/bundle.js' } }",
      'public/index.html': '<script src="build/bundle.js"></script>',
    },
    plan: { framework: null, outputs: ['public'] },
  },
  'Rollup with a long option, after another program': {
    files: { 'package.json': pkg({}, 'rimraf web && rollup -c --dir=web', { private: true }) },
    plan: { outputs: ['web'] },
  },
  'Rollup with an option': {
    files: { 'package.json': pkg({}, 'rollup src/main.js -d web', { private: true }) },
    plan: { outputs: ['web'] },
  },
  'webpack with a path': {
    files: {
      'package.json': pkg({ webpack: '5.0.0' }, 'webpack', { private: true }),
      'webpack.config.js': "module.exports = { output: { path: path.resolve(__dirname, './htdocs') } }",
    },
    plan: { outputs: ['htdocs'] },
  },
  'esbuild beside the page': {
    files: {
      'package.json': pkg({}, 'esbuild src/a.ts --bundle --outfile=www/js/a.js', { private: true }),
      'www/index.html': '<script src="js/a.js"></script>',
    },
    plan: { outputs: ['www'] },
  },
  'Hugo beside tools of Node': {
    files: { 'hugo.toml': '', 'content/a.md': '', 'package.json': pkg({ prettier: '3.0.0' }) },
    plan: { framework: 'hugo', image: 'appflux/sites-builder', buildCommand: 'hugo', installCommand: null },
  },
  'Hugo that a script builds': {
    files: { 'hugo.toml': '', 'content/a.md': '', 'package.json': pkg({}, 'hugo --minify -d web') },
    plan: { framework: 'hugo', buildCommand: 'hugo --minify -d web', outputs: ['web'] },
  },
  'Hugo whose build script compiles styles first': refused(
    {
      'hugo.toml': '',
      'content/a.md': '',
      'package.json': pkg({}, 'npm run css && hugo', {
        scripts: { build: 'npm run css && hugo', css: 'tailwindcss -i a.css -o static/a.css' },
      }),
    },
    'whose build script also runs "tailwindcss", and no builder image has both Hugo and Node',
    'set the build command to "hugo"',
  ),
  'MkDocs beside tools of Node': {
    files: { 'mkdocs.yml': '', 'docs/index.md': '', 'package.json': pkg({}) },
    plan: { framework: 'mkdocs', outputs: ['site'] },
  },
  'a Vite app with a documentation by MkDocs': {
    files: { 'mkdocs.yml': '', 'docs/index.md': '', 'package.json': pkg({ vite: '8.0.0' }, 'vite build') },
    plan: { framework: 'vite' },
  },
  'a finished page with a configuration of Jekyll’s': {
    files: { '_config.yml': '', 'README.md': '', 'index.html': '<h1>Hi</h1>' },
    plan: { framework: null, outputs: ['.'] },
  },
  'a Staticfile without a folder, or with one outside': {
    files: { Staticfile: 'root: ../x\npushstate: enabled\n', 'index.html': '<h1>Hi</h1>' },
    plan: { outputs: ['.'] },
  },
  'a folder that a Staticfile names': {
    files: { Staticfile: 'root: web/files\n', 'web/files/index.html': '', 'docs/index.html': '' },
    plan: { outputs: ['web/files'] },
  },
  'Nuxt with API routes, as files': {
    files: { 'package.json': pkg({ nuxt: '^4.0.0' }, 'nuxt generate'), 'server/api/a.ts': '' },
    plan: { framework: 'nuxt' },
    because: [
      'The folder "server" is not published: a static site has no server, so its API routes don’t answer.',
    ],
  },
  'a library of Angular’s': refused(
    {
      'package.json': pkg({ '@angular/core': '20.0.0' }, 'ng build', {
        devDependencies: { '@angular/cli': '20.0.0' },
      }),
      'angular.json': json({ projects: { lib: { projectType: 'library' } } }),
    },
    'angular.json has no project of the type application',
  ),
};

const expo = (platforms: readonly string[], more: Readonly<Record<string, string>> = {}): SourceFiles => ({
  'package.json': pkg({ expo: '53.0.0', ...more }),
  'app.json': json({ expo: { platforms } }),
});

const electron = json({
  name: 'app',
  main: 'main.js',
  build: {},
  devDependencies: { 'electron-builder': '26.0.0' },
});

/** Apps whose configuration or workspace says more than their packages. */
export const appFixtures: Fixtures = {
  'Expo for browsers alone': {
    files: expo(['web'], { 'react-native-web': '0.20.0' }),
    plan: { type: 'web', framework: 'expo', outputs: ['dist'] },
  },
  'Expo for browsers alone, in a program': {
    files: {
      'package.json': pkg(
        { expo: '53.0.0', 'react-native-web': '0.20.0' },
        'expo export -p web --output-dir www',
      ),
      'app.config.ts': "export default { expo: { platforms: ['web'] } }",
    },
    plan: { type: 'web', framework: 'expo', outputs: ['www'] },
  },
  'Expo for iPhones alone': refused(expo(['ios']), 'This Expo app is not made for Android', 'Add "android"'),
  'Expo for phones': {
    files: expo(['ios', 'android', 'web']),
    plan: { type: 'android', framework: 'expo' },
  },
  'Expo with a program for its configuration': refused(
    { 'package.json': pkg({ expo: '53.0.0' }), 'app.config.ts': "export default { platforms: ['ios'] }" },
    'This Expo app is not made for Android',
  ),
  'electron-builder in a workspace, with Electron at its top': {
    files: {
      'package.json': json({
        private: true,
        workspaces: ['packages/*'],
        devDependencies: { electron: '38.0.0' },
      }),
      'packages/desktop/package.json': electron,
      'packages/ui/package.json': json({ name: 'ui' }),
    },
    plan: { type: 'desktop', framework: 'electron' },
  },
  'tools of Electron at the top of a workspace of libraries': refused(
    {
      'package.json': json({
        workspaces: ['packages/*'],
        scripts: { build: 'tsc -b' },
        devDependencies: { electron: '38.0.0', '@electron/packager': '19.0.0' },
      }),
      'packages/a/package.json': json({ name: 'a', types: 'dist/a.d.ts' }),
    },
    'This is a library or a program, not a site',
  ),
};
