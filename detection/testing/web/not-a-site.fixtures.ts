/** What has a build script or an index.html, and is no site: libraries, parts of other products, pages before their build. */
import { type Fixture, type Fixtures, json, pkg, type SourceFiles } from '../fixture.ts';
import { node } from './server-sources.ts';

const refused = (files: SourceFiles, message: string, hint = ''): Fixture => ({
  servers: true,
  files,
  message,
  hint,
});

const scripts = (
  texts: Readonly<Record<string, string>>,
  more: Readonly<Record<string, unknown>> = {},
): string => json({ name: 'x', version: '1.0.0', scripts: texts, ...more });

const LIBRARY = 'This is a library or a program, not a site: the build script of package.json runs';

export const libraryFixtures: Fixtures = {
  'a library that tsup compiles': refused(
    {
      'package.json': node(
        {},
        { build: 'tsup src/index.ts' },
        { main: 'dist/index.js', types: 'dist/index.d.ts' },
      ),
      'src/index.ts': 'export default function add() {}',
    },
    `${LIBRARY} "tsup"`,
    'set outputs in the app or in appflux.json',
  ),
  'a middleware for Express': refused(
    {
      'package.json': node(
        {},
        { build: 'tsc', test: 'node test.js' },
        { main: 'dist/index.js', peerDependencies: { express: '5' }, devDependencies: { express: '5.0.0' } },
      ),
      'src/index.ts': 'export default (req, res, next) => next()',
    },
    `${LIBRARY} "tsc"`,
  ),
  'a library that depends on Express and starts nothing': refused(
    {
      'package.json': node({ express: '5.0.0' }, { build: 'tsc' }, { main: 'dist/index.js' }),
      'src/index.ts': 'export const makeApp = () => express()',
    },
    `${LIBRARY} "tsc"`,
  ),
  'a server that the tool of its framework starts': refused(
    {
      'package.json': node(
        { fastify: '5.0.0' },
        { build: 'tsc', start: 'npm run build && fastify start dist/app.js' },
      ),
    },
    'package.json depends on Fastify, a server, but its start script runs no file that AppFlux knows.',
    'node dist/index.js',
  ),
  'a library with a bundler, by what it offers': refused(
    {
      'package.json': scripts(
        {
          prebuild: 'rimraf dist',
          build: 'npm run clean && rollup -c && tsc -p types',
          clean: 'shx rm -rf dist',
        },
        { main: './dist/index.js', exports: { '.': './dist/index.js' } },
      ),
      'examples/a/index.html': '',
      'docs/index.md': '',
    },
    `${LIBRARY} "rollup", "tsc"`,
  ),
  'a command-line program': refused(
    {
      'package.json': scripts(
        { build: 'cross-env NODE_ENV=production npx tsc -p .' },
        { private: true, bin: 'dist/cli.js' },
      ),
    },
    `${LIBRARY} "tsc"`,
  ),
  'a bot, with yarn': refused(
    {
      'yarn.lock': '',
      'package.json': scripts(
        { build: 'yarn lint && yarn tsc', lint: 'eslint .' },
        { dependencies: { 'discord.js': '14' } },
      ),
    },
    `${LIBRARY} "tsc"`,
  ),
  'a library that offers types, whatever its scripts run': refused(
    {
      'package.json': scripts(
        { build: 'pnpm run "/^build:.*/" && json -I', 'build:a': 'rollup -c' },
        { private: true, types: './index.d.ts' },
      ),
    },
    'This is a library or a program, not a site: package.json offers types to other packages',
  ),
  'a monorepo of libraries': refused(
    {
      'package.json': scripts({ build: 'tsc -b' }, { private: true, workspaces: ['packages/*'] }),
      'packages/a/package.json': scripts({ build: 'tsc' }),
    },
    `${LIBRARY} "tsc"`,
  ),
  'a monorepo of libraries that Turborepo builds': refused(
    {
      'package.json': scripts({ build: 'turbo run build' }, { private: true, workspaces: ['packages/*'] }),
      'packages/a/package.json': scripts({ build: 'node make.js' }),
    },
    'This workspace has no site: its build script builds packages, and none of them is one.',
  ),
  'a library whose outputs are set, which its build script creates': {
    settings: { outputs: ['lib'] },
    files: { 'package.json': scripts({ build: 'tsc' }, { main: 'lib/index.js' }) },
    plan: { buildCommand: 'npm run build', outputs: ['lib'] },
  },
  'pages that TypeScript serves: no library': {
    files: {
      'package.json': scripts({ build: 'tsc' }),
      'index.html': '<script src="dist/app.js"></script>',
      'src/app.ts': '',
    },
    plan: { framework: null, buildCommand: 'npm run build' },
  },
  'a site that a script of its own makes: no library': {
    files: { 'package.json': scripts({ build: 'tsc && node dist/generate.js' }, { private: true }) },
    plan: { framework: null, buildCommand: 'npm run build' },
  },
  'a site with a bundler, which is private: no library': {
    files: {
      'package.json': scripts(
        { build: 'webpack --mode production' },
        { main: 'dist/main.js', private: true },
      ),
    },
    plan: { framework: null, buildCommand: 'npm run build' },
  },
  'a site that is made after the build: no library': {
    files: {
      'package.json': scripts(
        { build: 'tsc', postbuild: 'node dist/generate.js' },
        { private: true, main: 'dist/a.js' },
      ),
    },
    plan: { framework: null, buildCommand: 'npm run build' },
  },
  'a site with a program that nobody knows: no library': {
    files: { 'package.json': scripts({ build: 'tsc && site-maker' }, { main: 'dist/index.js' }) },
    plan: { framework: null, buildCommand: 'npm run build' },
  },
};

const product = (files: SourceFiles, name: string): Fixture => refused(files, `This is ${name}, `);

export const productFixtures: Fixtures = {
  'AdonisJS with Vite inside': product(
    {
      'package.json': pkg({ '@adonisjs/core': '7.0.0' }, 'node ace build', {
        devDependencies: { vite: '8.0.0' },
      }),
      'vite.config.ts': '',
    },
    'an AdonisJS server',
  ),
  'Strapi with a build of its panel': product(
    {
      'package.json': pkg({ '@strapi/strapi': '5.0.0', react: '18.0.0' }, 'strapi build'),
      'public/robots.txt': '',
    },
    'a Strapi server',
  ),
  'an extension of VS Code': product(
    {
      'package.json': scripts(
        { build: 'webpack' },
        { engines: { vscode: '^1.90.0' }, main: './dist/extension.js' },
      ),
    },
    'an extension of Visual Studio Code',
  ),
  'a browser extension with Vite': product(
    {
      'package.json': pkg({}, 'vite build', {
        devDependencies: { vite: '8.0.0', 'webextension-polyfill': '0.12.0' },
      }),
    },
    'a browser extension',
  ),
  'a browser extension by its manifest': product(
    {
      'package.json': pkg({ vite: '8.0.0' }, 'vite build'),
      'public/manifest.json': '{"manifest_version": 3}',
    },
    'a browser extension',
  ),
  'a theme of Ghost': product(
    {
      'package.json': scripts({ build: 'gulp build' }, { engines: { ghost: '>=5.0.0' } }),
      'default.hbs': '',
      'index.hbs': '',
    },
    'a Ghost theme',
  ),
  'a plugin of WordPress': product(
    {
      'package.json': pkg({}, 'wp-scripts build', { devDependencies: { '@wordpress/scripts': '30' } }),
      'plugin.php': '',
    },
    'a WordPress plugin',
  ),
  'an action of GitHub': product(
    {
      'package.json': scripts({ build: 'ncc build src/index.ts' }),
      'action.yml': 'name: x\nruns:\n  using: node20\n',
    },
    'a GitHub Action',
  ),
  'functions for AWS': product(
    { 'package.json': scripts({ build: 'node build.mjs' }), 'serverless.yml': '' },
    'a project for AWS',
  ),
  'a site with a web manifest: no extension': {
    files: {
      'package.json': pkg({ vite: '8.0.0' }, 'vite build'),
      'public/manifest.json': '{"short_name":"x","start_url":"."}',
    },
    plan: { framework: 'vite', outputs: ['dist'] },
  },
  'a site that asks for an engine of Node: no extension': {
    files: { 'package.json': pkg({ vite: '8.0.0' }, 'vite build', { engines: { node: '>=20' } }) },
    plan: { framework: 'vite' },
  },
  'a site with agents of Mastra, and one with a hosting of AWS: no products': {
    servers: true,
    files: { 'package.json': pkg({ next: '16.0.0', '@mastra/core': '1.0.0' }, 'next build'), 'cdk.json': '' },
    plan: { framework: 'next', server: { kind: 'next', entry: null }, outputs: ['.appflux-server'] },
  },
  'a browser extension whose outputs are set': {
    settings: { outputs: ['dist'] },
    files: { 'package.json': pkg({ wxt: '0.20.0' }, 'wxt build') },
    plan: { buildCommand: 'npm run build', outputs: ['dist'] },
  },
};

const script = (src: string, more = 'type="module"'): string =>
  `<!doctype html><div id="root"></div><script ${more} src="${src}"></script>`;
const tools = scripts({ lint: 'eslint .' }, { dependencies: { react: '19.0.0' } });

export const unbuiltFixtures: Fixtures = {
  'React without a bundler': refused(
    { 'package.json': tools, 'index.html': script('/src/main.tsx'), 'src/main.tsx': '' },
    'index.html loads "/src/main.tsx", which browsers can’t run, and package.json has no "build" script.',
    'such as "vite build"',
  ),
  'the same, with a script of another name': refused(
    {
      'package.json': scripts({ 'build:prod': 'bun build ./index.html --outdir=dist' }),
      'index.html': script('./src/main.tsx'),
    },
    'index.html loads "./src/main.tsx"',
    'what runs the script "build:prod"',
  ),
  'a page of Bun’s without package.json': refused(
    { 'index.html': script('./app.jsx'), 'app.jsx': '' },
    'index.html loads "./app.jsx", which browsers can’t run, and there is no package.json with a "build" script.',
  ),
  'an inline import of a source': refused(
    { 'index.html': '<script type="module">import { start } from "./main.ts"; start()</script>' },
    'index.html loads "./main.ts"',
  ),
  'a style sheet that has to be compiled': refused(
    { 'index.html': '<link href="style.scss" rel="stylesheet">', 'style.scss': '' },
    'index.html loads "style.scss"',
  ),
  'a module that imports a package': refused(
    {
      'package.json': tools,
      'index.html': script('/src/main.js'),
      'src/main.js': "import { createApp } from 'vue'\n",
    },
    'index.html loads "/src/main.js", which imports "vue": only a bundler can',
  ),
  'a module that imports a style sheet': refused(
    { 'index.html': script('/src/main.js'), 'src/main.js': "import './style.css'\nimport x from './x.js'" },
    'which imports "./style.css"',
  ),
  'Elm, whose program is not there': refused(
    { 'elm.json': '{}', 'src/Main.elm': '', 'index.html': script('elm.js', '') },
    'This is an Elm site, and no builder image has Elm.',
  ),
  'Elm, with the program': {
    files: { 'elm.json': '{}', 'src/Main.elm': '', 'elm.js': '', 'index.html': script('elm.js', '') },
    plan: { buildCommand: null, outputs: ['.'] },
  },
  'Yew, by its page': refused(
    { 'Cargo.toml': '', 'index.html': '<link data-trunk rel="rust" />', 'src/main.rs': '' },
    'no builder image has Trunk (Rust)',
  ),
  'what a build makes, and is not there': refused(
    { 'package.json': tools, 'index.html': script('dist/bundle.js', ''), 'src/index.js': '' },
    'index.html loads "dist/bundle.js", which is not in the source',
  ),
  'a page of Create React App without its package': refused(
    { 'public/index.html': '<link rel="icon" href="%PUBLIC_URL%/favicon.ico" />' },
    'public/index.html is a template of Create React App',
  ),
  'a template of a server': refused(
    { 'index.html': '{% extends "base.html" %}\n{% block content %}<h1>{{ title }}</h1>{% endblock %}' },
    'index.html is a template of a template engine',
  ),
  'front matter': refused(
    { 'index.html': '---\nlayout: default\n---\n<h1>Hi</h1>' },
    'index.html begins with front matter',
  ),
  'a page before its build beside the finished one: the finished one': {
    files: {
      'index.html': script('/src/main.tsx'),
      'src/main.tsx': '',
      'dist/index.html': script('/assets/x.js'),
    },
    plan: { buildCommand: null, outputs: ['dist'] },
  },
  'the framework html, which publishes what is there': {
    settings: { framework: 'html' },
    files: { 'index.html': script('/src/main.tsx') },
    plan: { buildCommand: null, outputs: ['.'] },
  },
  'modules that browsers run': {
    files: {
      'index.html': script('js/main.js'),
      'js/main.js': "import { a } from './a.js'\nimport 'https://esm.sh/preact'",
      'src/main.js': "import { a } from './a.js'",
    },
    plan: { buildCommand: null, outputs: ['.'] },
  },
  'a style sheet as a module': {
    files: {
      'index.html': script('/main.js'),
      'main.js': "import sheet from './a.css' with { type: 'css' }\nimport './b.js'",
    },
    plan: { outputs: ['.'] },
  },
  'a package by an import map': {
    files: {
      'index.html': `<script type="importmap">{"imports":{"vue":"/vue.js"}}</script>${script('/main.js')}`,
      'main.js': "import { createApp } from 'vue'",
    },
    plan: { outputs: ['.'] },
  },
  'JSX that Babel compiles in the browser': {
    files: { 'index.html': script('app.jsx', 'type="text/babel"'), 'app.jsx': '' },
    plan: { outputs: ['.'] },
  },
  'a page that shows sources and templates': {
    files: {
      'index.html':
        '<!-- <script src="a.tsx"></script> --><pre>{% if x %} &lt;script src="a.tsx"></pre><a href="main.ts">source</a><code>import x from "./x.ts"</code><script src="https://cdn.example/x.ts.js"></script>',
    },
    plan: { outputs: ['.'] },
  },
  'a script of the host, which is not in the source': {
    files: { 'index.html': `${script('/_analytics/script.js', '')}${script('config.js', '')}` },
    plan: { outputs: ['.'] },
  },
};
