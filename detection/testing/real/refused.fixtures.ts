/** Real templates and projects, reduced to the files that decide. README.md beside this file names the sources. */
import type { Fixture, Fixtures, SourceFiles } from '../fixture.ts';

const refused = (files: SourceFiles, message: string): Fixture => ({
  servers: true,
  files,
  message,
  hint: '',
});

/** What is refused by name, although many have pages or a build script. */
export const outOfScopeFixtures: Fixtures = {
  'vercel/vercel examples/actix-web': refused(
    { 'Cargo.toml': '[dependencies]\nactix-web = "4"', 'public/index.html': '', 'src/main.rs': '' },
    'This is a Rust server (actix-web), which AppFlux can’t run.',
  ),
  'vercel/vercel examples/axum': refused(
    { 'Cargo.toml': '[dependencies]\naxum = "0.8"', 'public/index.html': '', 'src/main.rs': '' },
    'This is a Rust server (axum), which AppFlux can’t run.',
  ),
  'vercel/vercel examples/django': refused(
    { 'manage.py': '', 'pyproject.toml': '' },
    'This is a Django (Python) server, which AppFlux can’t run.',
  ),
  'vercel/vercel examples/fastapi': refused(
    { 'app/main.py': '', 'pyproject.toml': '"fastapi>=0.121.0",' },
    'This is a FastAPI (Python) server, which AppFlux can’t run.',
  ),
  'vercel/vercel examples/flask': refused(
    { 'main.py': '', 'pyproject.toml': '"flask>=3.1",', 'items.py': '', 'templates/index.html': '' },
    'This is a Flask (Python) server, which AppFlux can’t run.',
  ),
  'vercel/vercel examples/gin': refused(
    {
      'go.mod': 'require github.com/gin-gonic/gin v1.10.0',
      'main.go': '',
      'go.sum': '',
      'public/index.html': '',
    },
    'This is a Go server (gin), which AppFlux can’t run.',
  ),
  'vercel/vercel examples/mastra': refused(
    {
      'package.json': '{"scripts":{"build":"mastra build"},"devDependencies":{"mastra":"^1.3.9"}}',
      'tsconfig.json': '',
    },
    'This is a Mastra server, which AppFlux can’t run.',
  ),
  'vercel/vercel examples/middleman': refused(
    { 'config.rb': '', 'source/index.html.erb': '', Gemfile: '' },
    'This is a Middleman site',
  ),
  'vercel/vercel examples/sinatra': refused(
    { Gemfile: '', 'config.ru': '', 'app.rb': '' },
    'This is a Ruby server, which AppFlux can’t run.',
  ),
  'vercel/vercel examples/xmcp': refused(
    {
      'package.json': '{"dependencies":{"xmcp":"0.1.10"}}',
      'pnpm-lock.yaml': '',
      'tsconfig.json': '',
      'xmcp.config.ts': '',
    },
    'This is an MCP server (xmcp), which AppFlux can’t run.',
  ),
  'vercel/vercel examples/zola': refused(
    { 'config.toml': 'base_url = "/"', 'templates/index.html': '', 'vercel.json': '' },
    'This is a Zola site',
  ),
  'laravel/laravel': refused(
    { artisan: '', 'composer.json': '', 'phpunit.xml': '', 'public/index.php': '', 'vite.config.js': '' },
    'This is a Laravel (PHP) server, which AppFlux can’t run.',
  ),
  'leptos-rs/start-trunk': refused(
    {
      'index.html': '<link data-trunk rel="scss" href="public/styles.scss" />',
      'Cargo.nightly.toml': '',
      'Cargo.stable.toml': '',
      'Trunk.toml': '',
      'cargo-generate.toml': '',
      'rust-toolchain.toml': '',
    },
    'index.html is built by Trunk',
  ),
  'yewstack/yew-trunk-minimal-template': refused(
    {
      'Cargo.toml': '',
      'index.html': '<link data-trunk rel="sass" href="index.scss" />',
      'cargo-generate.toml': '',
      'favicon.ico': '',
      'index.scss': '',
      'src/main.rs': '',
    },
    'This is a Trunk (Rust) site',
  ),
  'rtfeldman/elm-spa-example': refused(
    { 'elm.json': '', 'index.html': '<script src="elm.js"></script>' },
    'This is an Elm site',
  ),
  'heroku/ruby-getting-started': refused(
    { Gemfile: 'gem "rails", "~> 8.1.2"', Procfile: '', Rakefile: '', 'app.json': '' },
    'This is a Rails (Ruby) server, which AppFlux can’t run.',
  ),
  'adonisjs/web-starter-kit': refused(
    {
      'package.json': '{"dependencies":{"@adonisjs/core":"^6.18.0"}}',
      'ace.js': '',
      'adonisrc.ts': '',
      'eslint.config.js': '',
      'package-lock.json': '',
      'tsconfig.json': '',
    },
    'This is an AdonisJS server, which AppFlux can’t run.',
  ),
  'roots/bedrock': refused(
    {
      'web/wp-config.php': '',
      'composer.json': '',
      'phpunit.xml.dist': '',
      'pint.json': '',
      'wp-cli.yml': '',
    },
    'This is a WordPress (PHP) site, which AppFlux can’t run.',
  ),
  'roots/sage': refused(
    {
      'functions.php': '',
      'style.css': '',
      'theme.json': '',
      'composer.json': '',
      'index.php': '',
      'screenshot.png': '',
      'vite.config.js': '',
    },
    'This is a WordPress (PHP) theme, which AppFlux can’t run.',
  ),
  'symfony/demo': refused(
    {
      'bin/console': '',
      'composer.json': '',
      'importmap.php': '',
      'phpstan-baseline.neon': '',
      'phpstan.dist.neon': '',
      'phpunit.dist.xml': '',
      'public/index.php': '',
    },
    'This is a Symfony (PHP) server, which AppFlux can’t run.',
  ),
  'TryGhost/Casper': refused(
    {
      'package.json': '{"engines":{"ghost":">=5.0.0","node":">=22.12.0"}}',
      'author.hbs': '',
      'default.hbs': '',
      'error-404.hbs': '',
      'error.hbs': '',
      'gulpfile.js': '',
    },
    'This is a Ghost theme, not a site.',
  ),
  'antfu/vitesse-webext': refused(
    {
      'package.json':
        '{"devDependencies":{"typescript":"^5.4.2","vite":"^5.1.6","vue":"^3.4.21","webextension-polyfill":"^0.10.0"}}',
      'eslint.config.js': '',
      'modules.d.ts': '',
      'playwright.config.ts': '',
      'pnpm-lock.yaml': '',
      'shim.d.ts': '',
    },
    'This is a browser extension, not a site.',
  ),
  'pmndrs/zustand': refused(
    {
      'package.json': '{"types":"./index.d.ts"}',
      'FUNDING.json': '',
      'eslint.config.mjs': '',
      'package-lock.json': '',
      'pnpm-lock.yaml': '',
      'pnpm-workspace.yaml': '',
    },
    'This is a library or a program, not a site: package.json offers types to other packages',
  ),
  'strapi/foodadvisor api': refused(
    {
      'package.json': '{"dependencies":{"@strapi/strapi":"4.13.5"}}',
      'data.zip': '',
      'favicon.ico': '',
      'src/index.js': '',
      'yarn.lock': '',
    },
    'This is a Strapi server, which AppFlux can’t run.',
  ),
  'dotnet/blazor-samples 9.0/BlazorSample_WebAssembly': refused(
    {
      'BlazorSample.csproj': '<Project Sdk="Microsoft.NET.Sdk.BlazorWebAssembly">',
      'App.razor': '',
      'BlazorRocksBase1.cs': '',
      'BlazorRocksBase2.cs': '',
      'BlazorSample.sln': '',
      'ComponentMetadata.cs': '',
    },
    'This is a Blazor WebAssembly site',
  ),
  'dotnet/blazor-samples 9.0/BlazorWebAppMovies': refused(
    {
      'BlazorWebAppMovies.csproj': '<Project Sdk="Microsoft.NET.Sdk.Web">',
      'BlazorWebAppMovies.sln': '',
      'Program.cs': '',
      'appsettings.Development.json': '',
      'appsettings.json': '',
    },
    'This is an ASP.NET Core server, which AppFlux can’t run.',
  ),
  'sergiokopplin/indigo': refused(
    {
      '_config.yml': 'plugins:\n  - jekyll-seo-tag\n  - jemoji\n',
      Gemfile: "group :jekyll_plugins do\n    gem 'github-pages'\n    gem 'jemoji'\nend\n",
      'index.html': '---\nlayout: page\n---\n',
    },
    'This is a Jekyll site with the plugin "jemoji", and no builder image has it.',
  ),
};
