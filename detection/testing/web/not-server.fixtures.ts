/** What looks like a server of Node, and is none; and servers in other languages. */
import type { Plan } from '@appflux/protocol';
import { type Fixture, type Fixtures, pkg, type SourceFiles } from '../fixture.ts';
import { LISTENS, node } from './server-sources.ts';

const notServer = (files: SourceFiles, plan: Partial<Plan>, because: readonly string[] = []): Fixture => ({
  servers: true,
  files,
  plan: { ...plan, server: undefined },
  because,
});

/** What looks like a server, and is none. */
export const notServerFixtures: Fixtures = {
  'a Vite app whose mock server is a tool of development': notServer(
    {
      'package.json': node(
        { react: '19.0.0' },
        { build: 'vite build', start: 'node mock/server.js' },
        { devDependencies: { vite: '^7.0.0', express: '^5.0.0' } },
      ),
      'mock/server.js': LISTENS,
    },
    { framework: 'vite', outputs: ['dist'] },
  ),
  'a Vite app whose server only hands out its files': notServer(
    {
      'package.json': node(
        { express: '^5.0.0' },
        { build: 'vite build', start: 'node server.js' },
        { devDependencies: { vite: '^7.0.0' } },
      ),
      'server.js':
        "app.use(express.static(path.join(__dirname, 'dist'))); app.get('*', (req, res) => res.sendFile('dist/index.html')); app.listen(80)",
    },
    { framework: 'vite', outputs: ['dist'] },
  ),
  'the same with another bundler': notServer(
    {
      'package.json': node(
        { express: '^5.0.0' },
        { build: 'webpack --mode production', start: 'node server.js' },
        { devDependencies: { webpack: '^5.0.0' } },
      ),
      'server.js':
        "app.use(express.static('dist')); app.get('/{*path}', (req, res) => res.sendFile(index)); app.listen(80)",
    },
    { framework: null, buildCommand: 'npm run build' },
  ),
  'a Vite app with a server of its own, which is said': notServer(
    {
      'package.json': node(
        { express: '^5.0.0' },
        { build: 'vite build', start: 'node server.js' },
        { devDependencies: { vite: '^7.0.0' } },
      ),
      'server.js': `app.use(express.static('dist')); ${LISTENS}`,
    },
    { framework: 'vite', outputs: ['dist'] },
    [
      'Only the site’s files are published, not the server that the script start runs (server.js). To publish it, set "server" to true in appflux.json.',
    ],
  ),
  'a Vite app with a server in a folder, which no start script runs': notServer(
    {
      'package.json': node(
        { express: '^5.0.0' },
        { dev: 'vite', build: 'vite build' },
        { devDependencies: { vite: '^7.0.0' } },
      ),
      'src/main.js': "history.listen(() => render()); createApp(App).mount('#app')",
      'api/index.js': LISTENS,
    },
    { framework: 'vite', outputs: ['dist'] },
    [
      'Only the site’s files are published, not the server api/index.js. To publish it, set "server" to true in appflux.json.',
    ],
  ),
  'a script that serves the finished files': notServer(
    { 'package.json': node({ serve: '14.0.0' }, { build: 'webpack', start: 'serve -s dist' }) },
    { framework: null },
  ),
  'a program that is no server': notServer(
    {
      'package.json': node({ chalk: '5.0.0' }, { build: 'node build.js', start: 'node build.js --watch' }),
      'build.js': "fs.writeFileSync('dist/index.html', '')",
    },
    { framework: null, buildCommand: 'npm run build' },
  ),
  'Eleventy beside Express': notServer(
    {
      'package.json': node(
        { '@11ty/eleventy': '^3.0.0', express: '5.0.0' },
        { build: 'eleventy', start: 'eleventy --serve' },
      ),
    },
    { framework: 'eleventy', outputs: ['_site'] },
  ),
  'plain HTML with a package.json of tools': notServer(
    { 'package.json': node({}, { lint: 'eslint .' }), 'index.html': '' },
    { outputs: ['.'] },
  ),
  'Docusaurus with a Worker’s configuration of files': notServer(
    {
      'package.json': pkg({ '@docusaurus/core': '3.0.0' }, 'docusaurus build'),
      'wrangler.jsonc': '{ "assets": { "directory": "./build" } }',
    },
    { framework: 'docusaurus', outputs: ['build'] },
  ),
  'a static site whose wrangler configuration names what no build makes': notServer(
    {
      'package.json': pkg({ next: '16.0.0' }, 'next build'),
      'next.config.mjs': "export default { output: 'export' }",
      'wrangler.jsonc': '{ "main": ".open-next/worker.js" }',
    },
    { framework: 'next', outputs: ['out'] },
  ),
};

const foreign = (files: SourceFiles, message: string): Fixture => ({
  servers: true,
  files,
  message: `This is ${message}, which AppFlux can’t run`,
  hint: 'To publish only its front end',
});

const viteFiles = {
  'package.json': pkg({}, 'vite build', { devDependencies: { vite: '^7.0.0' } }),
  'vite.config.js': '',
};

/** Servers in other languages, which have a front end or files in them. */
export const foreignServerFixtures: Fixtures = {
  Laravel: foreign(
    { ...viteFiles, artisan: '', 'composer.json': '{}', 'public/index.php': '' },
    'a Laravel (PHP) server',
  ),
  Symfony: foreign(
    { 'bin/console': '', 'composer.json': '{}', 'public/index.html': '' },
    'a Symfony (PHP) server',
  ),
  WordPress: foreign({ ...viteFiles, 'wp-content/themes/x/style.css': '' }, 'a WordPress (PHP) site'),
  Rails: foreign(
    { ...viteFiles, 'bin/rails': '', Gemfile: '', 'public/404.html': '' },
    'a Rails (Ruby) server',
  ),
  Django: foreign({ ...viteFiles, 'manage.py': '', 'site/settings.py': '' }, 'a Django (Python) server'),
  Phoenix: foreign(
    { 'mix.exs': '', 'lib/app.ex': '', 'assets/package.json': '{}' },
    'a Phoenix (Elixir) server',
  ),
  'gin with a folder of files': foreign(
    { 'go.mod': '', 'main.go': '', 'public/index.html': '' },
    'a Go program',
  ),
  'axum with a folder of files': foreign(
    { 'Cargo.toml': '[dependencies]\naxum = "0.8"\n', 'src/main.rs': '', 'public/index.html': '' },
    'a Rust server (axum)',
  ),
  'actix-web with features': foreign(
    {
      'Cargo.toml': '[dependencies]\nactix-web = { version = "4" }\n',
      'static/x.css': '',
      'public/index.html': '',
    },
    'a Rust server (actix-web)',
  ),
  'Spring Boot with Angular': foreign(
    {
      'package.json': pkg({ '@angular/core': '20.0.0' }, 'ng build'),
      'pom.xml': '<artifactId>spring-boot-starter-parent</artifactId>',
      'src/main/java/App.java': '',
    },
    'a Spring Boot (Java) server',
  ),
  'ASP.NET Core': foreign(
    { 'app.csproj': '<Project Sdk="Microsoft.NET.Sdk.Web">', 'wwwroot/index.html': '' },
    'an ASP.NET Core server',
  ),
  'Flask with compiled styles': foreign(
    {
      'package.json': pkg({}, 'tailwindcss -i a.css -o static/a.css'),
      'requirements.txt': 'Flask==3.0.0\ngunicorn\n',
      'app.py': '',
      'static/a.css': '',
    },
    'a Flask (Python) server',
  ),
  Sinatra: foreign(
    { Gemfile: "gem 'sinatra'\n", 'app.rb': '', 'public/index.html': '' },
    'a Sinatra (Ruby) server',
  ),
  'gin with a page at the top': foreign(
    { 'go.mod': 'require github.com/gin-gonic/gin v1.10.0', 'main.go': '', 'index.html': '' },
    'a Go server (gin)',
  ),
  'pages in PHP': foreign({ 'index.php': '', 'style.css': '' }, 'a PHP site'),
  'a site beside an API in Python': {
    servers: true,
    files: {
      ...viteFiles,
      'index.html': '',
      'src/main.js': '',
      'requirements.txt': 'fastapi\n',
      'api/index.py': '',
    },
    plan: { framework: 'vite', outputs: ['dist'] },
  },
  'packages of Python for a documentation': {
    files: { 'index.html': '', 'requirements.txt': 'tornado==6.4\n' },
    plan: { outputs: ['.'] },
  },
  'Laravel whose front end alone is wanted': {
    servers: true,
    settings: { framework: 'vite' },
    files: { ...viteFiles, artisan: '', 'composer.json': '{}' },
    plan: { framework: 'vite', outputs: ['dist'] },
  },
  'Laravel with outputs that are set': {
    servers: true,
    settings: { outputs: ['public/build'] },
    files: { ...viteFiles, artisan: '', 'composer.json': '{}' },
    plan: { framework: 'vite', buildCommand: 'npm run build', outputs: ['public/build'] },
  },
  'a front end below a server in another language': {
    servers: true,
    files: { 'go.mod': '', 'main.go': '', 'web/package.json': pkg({ vite: '8.0.0' }, 'vite build') },
    message: 'This is a Go program',
    hint: 'There is also "web"',
  },
  'Hugo with modules': {
    files: { 'go.mod': '', 'hugo.toml': '', 'content/a.md': '', 'main.go': '' },
    message: 'no builder image has Go, which downloads the modules in go.mod',
    hint: '',
  },
  'a site with a tool in Go beside it': {
    files: { ...viteFiles, 'go.mod': '', 'main.go': '' },
    plan: { framework: 'vite', outputs: ['dist'] },
  },
  'a site with WebAssembly of Rust': {
    files: { ...viteFiles, 'Cargo.toml': '[dependencies]\nwasm-bindgen = "0.2"\n' },
    plan: { framework: 'vite', outputs: ['dist'] },
  },
};
