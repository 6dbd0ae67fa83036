/** Real templates and projects, reduced to the files that decide. README.md beside this file names the sources. */
import type { Fixtures } from '../fixture.ts';

/** What becomes a site or an app. */
export const inScopeFixtures: Fixtures = {
  'vercel/vercel examples/astro': {
    servers: true,
    files: {
      'astro.config.ts': "output: 'server',",
      'package.json':
        '{"scripts":{"start":"astro dev","build":"astro build"},"dependencies":{"astro":"^5.1.1","react":"18.3.1"}}',
    },
    plan: {
      type: 'web',
      framework: 'astro',
      buildCommand: 'npm run build',
      outputs: ['.appflux-server'],
      server: { kind: 'astro', entry: null },
    },
  },
  'vercel/vercel examples/brunch': {
    servers: true,
    files: {
      'package.json':
        '{"scripts":{"start":"brunch watch --server","build":"brunch build --production"},"devDependencies":{"brunch":"^2"}}',
      'yarn.lock': '',
      'brunch-config.js': '',
    },
    plan: { type: 'web', framework: 'brunch', buildCommand: 'yarn run build', outputs: ['public'] },
  },
  'vercel/vercel examples/create-react-app': {
    servers: true,
    files: {
      'package.json':
        '{"dependencies":{"react":"^18.2.0","react-scripts":"5.0.1"},"scripts":{"start":"react-scripts start","build":"react-scripts build"}}',
      'pnpm-lock.yaml': '',
      'public/index.html': '',
      'src/App.css': '',
      'src/App.js': '',
      'src/index.css': '',
      'src/index.js': '',
    },
    plan: { type: 'web', framework: 'create-react-app', buildCommand: 'pnpm run build', outputs: ['build'] },
  },
  'vercel/vercel examples/docusaurus': {
    servers: true,
    files: {
      'package.json':
        '{"scripts":{"start":"docusaurus-start","build":"docusaurus-build"},"devDependencies":{"docusaurus":"^1.12.0"}}',
      'yarn.lock': '',
      'sidebars.json': '',
      'siteConfig.js': '',
    },
    plan: {
      type: 'web',
      framework: 'docusaurus',
      buildCommand: 'yarn run build',
      outputs: ['build/*', 'website/build/*'],
    },
  },
  'vercel/vercel examples/eleventy': {
    servers: true,
    files: {
      'package.json':
        '{"scripts":{"build":"eleventy","start":"eleventy --serve"},"devDependencies":{"@11ty/eleventy":"^1.0.0"}}',
      'yarn.lock': '',
      'archive.njk': '',
      'index.njk': '',
      'page-list.njk': '',
      'sitemap.xml.njk': '',
      'tags-list.njk': '',
    },
    plan: { type: 'web', framework: 'eleventy', buildCommand: 'yarn run build', outputs: ['_site'] },
  },
  'vercel/vercel examples/ember': {
    servers: true,
    files: {
      'package.json':
        '{"scripts":{"build":"ember build --environment=production","start":"ember serve"},"devDependencies":{"ember-cli":"~5.1.0"}}',
      'ember-cli-build.js': '',
      'package-lock.json': '',
      'testem.js': '',
    },
    plan: { type: 'web', framework: 'ember', buildCommand: 'npm run build', outputs: ['dist'] },
  },
  'vercel/vercel examples/gatsby': {
    servers: true,
    files: {
      'package.json':
        '{"scripts":{"start":"gatsby develop","build":"gatsby build"},"dependencies":{"gatsby":"^5.0.0","react":"^18.2.0"}}',
      'yarn.lock': '',
      'gatsby-config.js': '',
    },
    plan: { type: 'web', framework: 'gatsby', buildCommand: 'yarn run build', outputs: ['public'] },
  },
  'vercel/vercel examples/hexo': {
    servers: true,
    files: {
      'package.json': '{"dependencies":{"hexo":"^5.3.0"},"scripts":{"build":"hexo generate"}}',
      'yarn.lock': '',
      '_config.yml': '',
    },
    plan: { type: 'web', framework: 'hexo', buildCommand: 'yarn run build', outputs: ['public'] },
  },
  'vercel/vercel examples/hugo': {
    servers: true,
    files: { 'config.toml': '', 'themes/ananke/src/webpack.config.js': '' },
    plan: { type: 'web', framework: 'hugo', buildCommand: 'hugo', outputs: ['public'] },
  },
  'vercel/vercel examples/jekyll': {
    servers: true,
    files: {
      '_config.yml': 'markdown: kramdown\ntheme: minima\nplugins:\n  - jekyll-feed\n',
      'index.md': '',
      '404.html': '',
      Gemfile: 'gem "minima", "~> 2.5"\ngroup :jekyll_plugins do\n  gem "jekyll-feed", "~> 0.12"\nend\n',
    },
    plan: { type: 'web', framework: 'jekyll', buildCommand: 'jekyll build', outputs: ['_site'] },
  },
  'vercel/vercel examples/koa': {
    servers: true,
    files: {
      'package.json': '{"dependencies":{"koa":"3.1.1"}}',
      'src/index.ts': 'app.listen(3000)',
      'tsconfig.json': '',
    },
    plan: {
      type: 'web',
      framework: 'koa',
      buildCommand: null,
      outputs: ['.appflux-server'],
      server: { kind: 'node', entry: 'src/index.ts' },
    },
  },
  'vercel/vercel examples/nestjs': {
    servers: true,
    files: {
      'package.json':
        '{"scripts":{"build":"nest build","start":"nest start"},"dependencies":{"@nestjs/core":"^11.0.1"}}',
      'pnpm-lock.yaml': '',
      'eslint.config.mjs': '',
      'nest-cli.json': '',
      'src/main.ts': '',
      'tsconfig.build.json': '',
      'tsconfig.json': '',
    },
    plan: {
      type: 'web',
      framework: 'nestjs',
      buildCommand: 'pnpm run build',
      outputs: ['.appflux-server'],
      server: { kind: 'node', entry: 'dist/main.js' },
    },
  },
  'vercel/vercel examples/nextjs': {
    servers: true,
    files: {
      'package.json':
        '{"scripts":{"build":"next build","start":"next start"},"dependencies":{"next":"16.2.4","react":"19.2.4"}}',
      'eslint.config.mjs': '',
      'next.config.ts': '',
      'package-lock.json': '',
      'postcss.config.mjs': '',
      'tsconfig.json': '',
    },
    plan: {
      type: 'web',
      framework: 'next',
      buildCommand: 'npm run build',
      outputs: ['.appflux-server'],
      server: { kind: 'next', entry: null },
    },
  },
  'vercel/vercel examples/nuxtjs': {
    servers: true,
    files: {
      'package.json': '{"scripts":{"build":"nuxt build"},"dependencies":{"nuxt":"^4.4.8","vue":"^3.5.35"}}',
      'pnpm-lock.yaml': '',
      'nuxt.config.ts': '',
      'tsconfig.json': '',
    },
    plan: {
      type: 'web',
      framework: 'nuxt',
      buildCommand: 'pnpm run build',
      outputs: ['.appflux-server'],
      server: { kind: 'nitro', entry: null },
    },
  },
  'vercel/vercel examples/parcel': {
    servers: true,
    files: {
      'package.json':
        '{"scripts":{"start":"parcel","build":"parcel build"},"devDependencies":{"parcel":"^2.8.3"}}',
      'yarn.lock': '',
      'src/index.html': '',
    },
    plan: { type: 'web', framework: 'parcel', buildCommand: 'yarn run build', outputs: ['dist'] },
  },
  'vercel/vercel examples/preact': {
    servers: true,
    files: {
      'package.json':
        '{"scripts":{"build":"NODE_OPTIONS=--openssl-legacy-provider preact build"},"devDependencies":{"preact-cli":"^3.4.5"}}',
      'src/manifest.json': '{\n"icons": [\n{\n"sizes": "192x192"\n},\n{\n"sizes": "512x512"\n}\n]\n}',
      'src/sw.js': '',
      'yarn.lock': '',
      'size-plugin.json': '',
      'src/index.js': '',
    },
    plan: { type: 'pwa', framework: 'preact', buildCommand: 'yarn run build', outputs: ['build'] },
  },
  'vercel/vercel examples/redwoodjs': {
    servers: true,
    files: {
      'package.json': '{"devDependencies":{"@redwoodjs/core":"^0.25.0"}}',
      'yarn.lock': '',
      'babel.config.js': '',
      'graphql.config.js': '',
      'prettier.config.js': '',
      'redwood.toml': '',
    },
    plan: { type: 'web', framework: 'redwoodjs', buildCommand: 'yarn rw build web', outputs: ['web/dist'] },
  },
  'vercel/vercel examples/sanity-v2': {
    servers: true,
    files: {
      'package.json':
        '{"scripts":{"start":"sanity start","build":"sanity build"},"devDependencies":{"@sanity/cli":"^2.26"}}',
      'package-lock.json': '',
      'sanity.json': '',
      'tsconfig.json': '',
    },
    plan: { type: 'web', framework: 'sanity', buildCommand: 'npm run build', outputs: ['dist'] },
  },
  'vercel/vercel examples/solidstart-1': {
    servers: true,
    files: {
      'package.json':
        '{"scripts":{"build":"vinxi build","start":"vinxi start"},"dependencies":{"@solidjs/start":"^1.0.10"}}',
      'pnpm-lock.yaml': '',
      'app.config.ts': '',
      'tsconfig.json': '',
    },
    plan: {
      type: 'web',
      framework: 'solid-start',
      buildCommand: 'pnpm run build',
      outputs: ['.appflux-server'],
      server: { kind: 'nitro', entry: null },
    },
  },
  'vercel/vercel examples/stencil': {
    servers: true,
    files: {
      'package.json':
        '{"scripts":{"build":"stencil build","start":"stencil build --dev --watch --serve"},"dependencies":{"@stencil/core":"^1.3.3"}}',
      'yarn.lock': '',
      'src/index.html': '',
      'src/index.ts': '',
      'stencil.config.ts': '',
      'tsconfig.json': '',
    },
    plan: { type: 'web', framework: 'stencil', buildCommand: 'yarn run build', outputs: ['www'] },
  },
  'vercel/vercel examples/sveltekit-1': {
    servers: true,
    files: {
      'package.json':
        '{"scripts":{"build":"vite build"},"devDependencies":{"@sveltejs/kit":"1.0.0-next.428","typescript":"^4.7.4","vite":"^3.0.8"}}',
      'pnpm-lock.yaml': '',
      'jsconfig.json': '',
      'svelte.config.js': '',
      'vite.config.js': '',
    },
    plan: {
      type: 'web',
      framework: 'svelte-kit',
      buildCommand: 'pnpm run build',
      outputs: ['.appflux-server'],
      server: { kind: 'sveltekit', entry: null },
    },
  },
  'vercel/vercel examples/umijs': {
    servers: true,
    files: {
      'package.json':
        '{"scripts":{"build":"umi build","start":"npm run dev"},"dependencies":{"umi":"^4.4.4"}}',
      'tsconfig.json': '',
      'typings.d.ts': '',
    },
    plan: { type: 'web', framework: 'umi', buildCommand: 'npm run build', outputs: ['dist'] },
  },
  'vercel/vercel examples/vitepress': {
    servers: true,
    files: {
      'package.json': '{"devDependencies":{"vitepress":"1.1.3"},"scripts":{"build":"vitepress build docs"}}',
    },
    plan: {
      type: 'web',
      framework: 'vitepress',
      buildCommand: 'npm run build',
      outputs: ['docs/.vitepress/dist'],
    },
  },
  'vitejs/vite packages/create-vite/template-react-ts': {
    servers: true,
    files: {
      'package.json':
        '{"scripts":{"build":"tsc -b && vite build"},"devDependencies":{"typescript":"~6.0.2","vite":"^8.2.1"}}',
      _gitignore: '',
      '_oxlintrc.json': '',
      'index.html': '',
      'src/App.css': '',
      'src/App.tsx': '',
    },
    plan: { type: 'web', framework: 'vite', buildCommand: 'npm run build', outputs: ['dist'] },
  },
  'vitejs/vite packages/create-vite/template-vanilla': {
    servers: true,
    files: {
      'package.json': '{"scripts":{"build":"vite build"},"devDependencies":{"vite":"^8.2.1"}}',
      _gitignore: '',
      'index.html': '',
      'src/main.js': '',
    },
    plan: { type: 'web', framework: 'vite', buildCommand: 'npm run build', outputs: ['dist'] },
  },
  'nestjs/typescript-starter': {
    servers: true,
    files: {
      'package.json':
        '{"scripts":{"build":"nest build","start":"nest start"},"dependencies":{"@nestjs/core":"^11.0.1"}}',
      'eslint.config.mjs': '',
      'nest-cli.json': '',
      'package-lock.json': '',
      'src/main.ts': '',
      'tsconfig.build.json': '',
    },
    plan: {
      type: 'web',
      framework: 'nestjs',
      buildCommand: 'npm run build',
      outputs: ['.appflux-server'],
      server: { kind: 'node', entry: 'dist/main.js' },
    },
  },
  'hagopj13/node-express-boilerplate': {
    servers: true,
    files: {
      'package.json': '{"dependencies":{"express":"^4.17.1"}}',
      'src/index.js': 'server = app.listen(config.port, () => {',
      Dockerfile: '',
      'docker-compose.dev.yml': '',
      'docker-compose.prod.yml': '',
      'docker-compose.test.yml': '',
      'docker-compose.yml': '',
    },
    plan: {
      type: 'web',
      framework: 'express',
      buildCommand: null,
      outputs: ['.appflux-server'],
      server: { kind: 'node', entry: 'src/index.js' },
    },
  },
  'web-infra-dev/rspress website': {
    servers: true,
    files: {
      'package.json':
        '{"scripts":{"build":"rspress build"},"devDependencies":{"@rspress/core":"workspace:*","react":"^19.2.8","typescript":"^6.0.3"}}',
      'i18n.json': '',
      'og-template.svg': '',
      'rspress.config.ts': '',
      'tsconfig.json': '',
    },
    plan: { type: 'web', framework: 'rspress', buildCommand: 'npm run build', outputs: ['doc_build'] },
  },
  'expo/examples with-router': {
    servers: true,
    files: { 'app.json': '', 'package.json': '{"dependencies":{"expo":"^56.0.4","react":"19.2.3"}}' },
    plan: {
      type: 'android',
      framework: 'expo',
      buildCommand:
        'npx expo prebuild --platform android --no-install && cd android && sh ./gradlew :app:assembleRelease :app:bundleRelease',
      outputs: ['android/app/build/outputs/apk/**/*.apk', 'android/app/build/outputs/bundle/**/*.aab'],
    },
  },
  'CloudCannon/edition-jekyll-template': {
    servers: true,
    files: {
      '_config.yml': 'baseurl:\nplugins:\n  - jekyll-sitemap\n  - jekyll-seo-tag\n  - jekyll-feed\n',
      Gemfile:
        "gem 'jekyll', '3.8.4'\ngroup :jekyll_plugins do\n  gem 'jekyll-feed', '0.11.0'\n  gem 'jekyll-seo-tag', '2.5.0'\nend\n",
      'Gemfile.lock': '',
      'index.md': '',
    },
    plan: { type: 'web', framework: 'jekyll', buildCommand: 'jekyll build', outputs: ['_site'] },
  },
  'pages-themes/slate': {
    servers: true,
    files: {
      '_config.yml': 'theme: jekyll-theme-slate\n',
      Gemfile: 'gemspec\n',
      'jekyll-theme-slate.gemspec': '',
      '_layouts/default.html': '',
      'docs/CONTRIBUTING.md': '',
      'index.md': '',
    },
    plan: { type: 'web', framework: 'jekyll', buildCommand: 'jekyll build', outputs: ['_site'] },
  },
  'poole/lanyon': {
    servers: true,
    files: {
      '_config.yml': "baseurl: ''\nplugins:\n  - jekyll-paginate\n",
      '_layouts/default.html': '',
      'index.html': '---\nlayout: default\n---\n',
      'public/css/lanyon.css': '',
    },
    plan: { type: 'web', framework: 'jekyll', buildCommand: 'jekyll build', outputs: ['_site'] },
  },
  'rohanchandra/type-theme': {
    servers: true,
    files: {
      '_config.yml': 'baseurl: "/type-theme"\nplugins: [jekyll-paginate]\n',
      Gemfile: "gem 'github-pages', group: :jekyll_plugins",
      'index.html': '---\nlayout: default\n---\n',
    },
    plan: { type: 'web', framework: 'jekyll', buildCommand: 'jekyll build', outputs: ['_site'] },
  },
};
