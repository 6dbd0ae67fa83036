import { BuildSettings, Plan } from '@appflux/protocol';
import { describe, expect, it } from 'vitest';
import { JobFailure } from '../../../step.ts';
import { type DetectSettings, decide } from '../../decide.ts';
import { treeFromTexts } from '../../tree.ts';

/** A source, written as each framework's documentation lays it out, and the plan that it must lead to. */
interface Case {
  readonly files: Readonly<Record<string, string>>;
  readonly base?: string;
  readonly settings?: Partial<DetectSettings['build']>;
  readonly type?: DetectSettings['type'];
  readonly plan: Partial<Plan>;
  /** Sentences, or beginnings of sentences, that must be among the reasons. */
  readonly because?: readonly string[];
}

const json = (value: unknown) => JSON.stringify(value);

/** A package.json with these packages at a version, and a build script. */
function pkg(
  dependencies: Readonly<Record<string, string>>,
  build?: string,
  more: Record<string, unknown> = {},
): string {
  return json({
    name: 'app',
    version: '1.2.3',
    scripts: build === undefined ? {} : { build },
    dependencies,
    ...more,
  });
}

const plan = async ({ files, base, settings, type }: Omit<Case, 'plan'>) =>
  (
    await decide(treeFromTexts(files, base), {
      type: type ?? null,
      build: BuildSettings.parse(settings ?? {}),
    })
  ).plan;

const npmCi = 'npm ci';
const lock = { 'package-lock.json': '{}' };

const CASES: Readonly<Record<string, Case>> = {
  'Vite with React': {
    files: {
      ...lock,
      'package.json': pkg({ react: '^19.0.0', vite: '^8.0.0' }, 'tsc -b && vite build'),
      'index.html': '',
      'src/main.tsx': '',
      'vite.config.ts': 'export default {}',
    },
    plan: {
      type: 'web',
      framework: 'vite',
      packageManager: 'npm',
      image: 'appflux/web-builder',
      node: null,
      installCommand: npmCi,
      buildCommand: 'npm run build',
      outputs: ['dist'],
    },
    because: [
      'Framework: Vite, because package.json depends on vite.',
      'Output: dist, where Vite writes.',
      'Install command: npm ci, which keeps to package-lock.json.',
    ],
  },
  'Vite with another outDir': {
    files: {
      'package.json': pkg({ vite: '8.0.0' }, 'vite build'),
      'vite.config.js':
        "// outDir: 'no'\nexport default { base: 'https://x/', build: { outDir: './public_html' } }",
    },
    plan: { framework: 'vite', outputs: ['public_html'], installCommand: 'npm install' },
    because: ['Output: public_html, as vite.config.js sets it.'],
  },
  'Vite with a root and an outDir seen from it': {
    files: {
      'package.json': pkg({ vite: '8.0.0' }, 'vite build'),
      'vite.config.mts': "export default { root: 'src', build: { outDir: '../out' } }",
    },
    plan: { outputs: ['out'] },
  },
  'Vite with an outDir outside the source': {
    files: {
      'package.json': pkg({ vite: '8.0.0' }, 'vite build'),
      'vite.config.ts': "export default { build: { outDir: '../../etc' } }",
    },
    plan: { outputs: ['dist'] },
  },
  'Vite with the output in the script': {
    files: { 'package.json': pkg({ vite: '8.0.0' }, 'tsc --outDir types && vite build --outDir=site') },
    plan: { outputs: ['site'] },
    because: ['Output: site, as the build script says.'],
  },
  'Vite without a build script': {
    files: { 'package.json': pkg({ vite: '8.0.0' }), 'index.html': '' },
    plan: { framework: 'vite', buildCommand: 'npx vite build', outputs: ['dist'] },
    because: ['Build command: npx vite build, the usual one of Vite.'],
  },
  'Vite with Vue and pnpm': {
    files: {
      'pnpm-lock.yaml': '',
      'package.json': pkg({ vue: '3.5.0' }, 'vite build', { devDependencies: { vite: '8.0.0' } }),
    },
    plan: {
      framework: 'vite',
      packageManager: 'pnpm',
      installCommand: 'pnpm install --frozen-lockfile',
      buildCommand: 'pnpm run build',
    },
  },
  'Vite with Svelte': {
    files: { 'package.json': pkg({ svelte: '5.0.0', vite: '8.0.0' }, 'vite build') },
    plan: { framework: 'vite', outputs: ['dist'] },
  },
  'Svelte with Rollup': {
    files: { 'package.json': pkg({ svelte: '3.0.0', rollup: '2.0.0' }, 'rollup -c') },
    plan: { framework: 'svelte', outputs: ['public'] },
  },
  'SolidJS with bun': {
    files: { 'bun.lock': '', 'package.json': pkg({ 'solid-js': '1.9.0', vite: '8.0.0' }, 'vite build') },
    plan: {
      framework: 'solid-js',
      packageManager: 'bun',
      installCommand: 'bun install --frozen-lockfile',
      buildCommand: 'bun run build',
      outputs: ['dist'],
    },
  },
  'TanStack Router': {
    files: {
      'bun.lockb': '',
      'package.json': pkg({ '@tanstack/react-router': '1.0.0', vite: '8.0.0' }, 'vite build'),
    },
    plan: { framework: 'tanstack-router', packageManager: 'bun', outputs: ['dist'] },
  },
  'TanStack Start that prerenders': {
    files: {
      'package.json': pkg({ '@tanstack/react-start': '1.140.0' }, 'vite build'),
      'vite.config.ts': 'tanstackStart({ prerender: { enabled: true } })',
    },
    plan: { framework: 'tanstack-start', outputs: ['dist/client', '.output/public'] },
  },
  'Next.js with a static export': {
    files: {
      'package.json': pkg({ next: '16.0.0', react: '19.0.0' }, 'next build'),
      'next.config.mjs': "export default { output: 'export' }",
    },
    plan: { framework: 'next', buildCommand: 'npm run build', outputs: ['out'] },
    because: ['Next.js exports a static site: next.config.mjs sets output to "export".'],
  },
  'Next.js with a static export in some cases and another folder': {
    files: {
      'package.json': pkg({ next: '16.0.0' }, 'next build'),
      'next.config.ts': "const c = {}; c.output = process.env.X ? undefined : 'export'; c.distDir = 'web'",
    },
    plan: { outputs: ['web'] },
  },
  'Next.js before 13.3': {
    files: { 'package.json': pkg({ next: '12.0.0' }, 'next build && next export -o site') },
    plan: { framework: 'next', outputs: ['site'] },
  },
  'SvelteKit with adapter-static': {
    files: {
      'package.json': pkg({}, 'vite build', {
        devDependencies: { '@sveltejs/kit': '2.0.0', '@sveltejs/adapter-static': '3.0.0', vite: '7.0.0' },
      }),
      'svelte.config.js':
        "import adapter from '@sveltejs/adapter-static'; export default { kit: { adapter: adapter() } }",
    },
    plan: { framework: 'svelte-kit', outputs: ['build'] },
    because: ['SvelteKit makes a static site: it uses adapter-static.'],
  },
  'SvelteKit 3 with adapter-static in vite.config and its own folder': {
    files: {
      'package.json': pkg({}, 'vite build', {
        devDependencies: { '@sveltejs/kit': '3.2.0', '@sveltejs/adapter-static': '4.0.1', vite: '8.0.0' },
      }),
      'vite.config.ts':
        "import adapter from '@sveltejs/adapter-static'; sveltekit({ adapter: adapter({ pages: 'site', fallback: '200.html' }) })",
    },
    plan: { framework: 'svelte-kit', outputs: ['site'] },
  },
  Astro: {
    files: {
      'yarn.lock': '# yarn lockfile v1\n',
      'package.json': pkg({ astro: '5.0.0' }, 'astro build'),
      'astro.config.mjs': 'export default defineConfig({})',
    },
    plan: {
      framework: 'astro',
      packageManager: 'yarn',
      installCommand: 'yarn install --frozen-lockfile',
      buildCommand: 'yarn run build',
      outputs: ['dist'],
    },
  },
  'Astro with an adapter and an outDir': {
    files: {
      'package.json': pkg({ astro: '5.0.0' }, 'astro build'),
      'astro.config.ts': "export default { adapter: node(), outDir: 'site' }",
    },
    plan: { outputs: ['site/client', 'site'] },
  },
  'Nuxt 4': {
    files: {
      'package.json': pkg({ nuxt: '^4.0.0' }, 'nuxt build', {
        scripts: { build: 'nuxt build', generate: 'nuxt generate' },
      }),
    },
    plan: { framework: 'nuxt', buildCommand: 'npm run generate', outputs: ['.output/public', 'dist'] },
  },
  'Nuxt without a script that generates': {
    files: { 'pnpm-lock.yaml': '', 'package.json': pkg({ nuxt: '^4.0.0' }, 'nuxt build') },
    plan: { buildCommand: 'pnpm exec nuxt generate' },
  },
  'Nuxt 2': {
    files: { 'package.json': pkg({ nuxt: '^2.15.0' }, 'nuxt generate') },
    plan: { buildCommand: 'npm run build', outputs: ['dist'] },
  },
  'React Router as a single-page app': {
    files: {
      'package.json': pkg({}, 'react-router build', {
        devDependencies: { '@react-router/dev': '7.0.0', vite: '7.0.0' },
      }),
      'react-router.config.ts': 'export default { ssr: false } satisfies Config',
    },
    plan: { framework: 'react-router', outputs: ['build/client'] },
  },
  'React Router that prerenders into another folder': {
    files: {
      'package.json': pkg({ '@react-router/dev': '7.0.0' }, 'react-router build'),
      'react-router.config.ts':
        "export default { buildDirectory: 'web', async prerender() { return ['/'] } }",
    },
    plan: { outputs: ['web/client'] },
  },
  'Remix as a single-page app': {
    files: {
      'package.json': pkg({ '@remix-run/react': '2.16.0', '@remix-run/dev': '2.16.0' }, 'remix vite:build'),
      'vite.config.ts': 'remix({ ssr: false })',
    },
    plan: { framework: 'remix', outputs: ['build/client'] },
  },
  'Create React App': {
    files: {
      'package.json': pkg({ 'react-scripts': '5.0.1' }, 'react-scripts build'),
      'public/index.html': '',
    },
    plan: { framework: 'create-react-app', outputs: ['build'] },
  },
  'Create React App with BUILD_PATH': {
    files: { 'package.json': pkg({ 'react-scripts': '5.0.1' }, 'BUILD_PATH=./www react-scripts build') },
    plan: { outputs: ['www'] },
  },
  'Vue CLI': {
    files: {
      'package.json': pkg({ '@vue/cli-service': '5.0.0' }, 'vue-cli-service build'),
      'vue.config.js': "module.exports = { outputDir: 'web' }",
    },
    plan: { framework: 'vue', outputs: ['web'] },
  },
  'Angular with the application builder': {
    files: {
      'package.json': pkg({ '@angular/core': '20.0.0' }, 'ng build', {
        devDependencies: { '@angular/cli': '20.0.0' },
      }),
      'angular.json': json({
        projects: {
          lib: { projectType: 'library' },
          shop: {
            projectType: 'application',
            architect: {
              build: { builder: '@angular/build:application', options: { browser: 'src/main.ts' } },
            },
          },
        },
      }),
    },
    plan: { framework: 'angular', buildCommand: 'npm run build', outputs: ['dist/shop/browser'] },
  },
  'Angular with an output path in two parts': {
    files: {
      'package.json': pkg({ '@angular/cli': '19.0.0' }),
      'angular.json': json({
        projects: {
          shop: {
            architect: {
              build: {
                builder: '@angular/build:application',
                options: { outputPath: { base: 'web', browser: '' } },
              },
            },
          },
        },
      }),
    },
    plan: { buildCommand: 'npx ng build', outputs: ['web'] },
  },
  'Angular with the old builder': {
    files: {
      'package.json': pkg({ '@angular/cli': '14.0.0' }, 'ng build'),
      'angular.json': json({
        defaultProject: 'b',
        projects: {
          a: {},
          b: {
            architect: {
              build: { builder: '@angular-devkit/build-angular:browser', options: { outputPath: 'www' } },
            },
          },
        },
      }),
    },
    plan: { outputs: ['www'] },
  },
  'Angular with an angular.json that is broken': {
    files: { 'package.json': pkg({ '@angular/cli': '20.0.0' }, 'ng build'), 'angular.json': '{' },
    plan: { framework: 'angular', outputs: ['dist/*/browser', 'dist/*', 'dist'] },
  },
  Gatsby: {
    files: { 'package.json': pkg({ gatsby: '5.0.0' }, 'gatsby build'), 'gatsby-config.js': '' },
    plan: { framework: 'gatsby', outputs: ['public'] },
  },
  Docusaurus: {
    files: {
      'package.json': pkg({ '@docusaurus/core': '3.0.0' }, 'docusaurus build'),
      'docusaurus.config.ts': '',
    },
    plan: { framework: 'docusaurus', outputs: ['build'] },
  },
  Eleventy: {
    files: {
      'package.json': pkg({ '@11ty/eleventy': '3.0.0' }, 'eleventy'),
      'eleventy.config.js': "export default { dir: { input: 'src', output: 'web' } }",
    },
    plan: { framework: 'eleventy', outputs: ['web'] },
  },
  VitePress: {
    files: {
      'package.json': pkg({ vitepress: '1.6.0' }, undefined, {
        scripts: { 'docs:dev': 'vitepress dev docs', 'docs:build': 'vitepress build docs' },
      }),
    },
    plan: { framework: 'vitepress', buildCommand: 'npm run docs:build', outputs: ['docs/.vitepress/dist'] },
  },
  'VitePress at the top': {
    files: { 'package.json': pkg({ vitepress: '1.6.0' }, 'vitepress build') },
    plan: { outputs: ['.vitepress/dist'] },
  },
  VuePress: {
    files: { 'package.json': pkg({ vuepress: '2.0.0-rc.20' }, 'vuepress build manual') },
    plan: { framework: 'vuepress', outputs: ['manual/.vuepress/dist'] },
  },
  Ember: {
    files: { 'package.json': pkg({ 'ember-cli': '6.0.0' }, 'ember build --environment=production') },
    plan: { framework: 'ember', outputs: ['dist'] },
  },
  Parcel: {
    files: {
      'package.json': pkg({ parcel: '2.0.0' }, 'parcel build index.html --dist-dir web'),
      'index.html': '',
    },
    plan: { framework: 'parcel', outputs: ['web'] },
  },
  Hexo: {
    files: { 'package.json': pkg({ hexo: '7.0.0' }, 'hexo generate'), '_config.yml': 'title: x' },
    plan: { framework: 'hexo', outputs: ['public'] },
  },
  Stencil: {
    files: { 'package.json': pkg({ '@stencil/core': '4.0.0' }, 'stencil build') },
    plan: { framework: 'stencil', outputs: ['www'] },
  },
  'Expo with a web side': {
    files: { 'package.json': pkg({ expo: '54.0.0', 'react-native-web': '0.21.0' }), 'app.json': '{}' },
    plan: { framework: 'expo', buildCommand: 'npx expo export -p web', outputs: ['dist'] },
  },
  'a Gulp project that builds with Vite': {
    files: { 'package.json': pkg({ gulp: '5.0.0', vite: '8.0.0' }, 'vite build') },
    plan: { framework: 'vite' },
  },
  'an own build script': {
    files: { 'package.json': pkg({ esbuild: '0.25.0' }, 'node build.mjs'), 'build.mjs': '' },
    plan: {
      framework: null,
      buildCommand: 'npm run build',
      outputs: ['dist', 'build', 'out', '_site', 'www', 'public'],
    },
    because: ['Framework: none that AppFlux knows; package.json has a build script.'],
  },
  'an own build script beside folders with usual names': {
    files: { 'package.json': pkg({}, 'node make.js'), 'build/tool.js': '', 'public/favicon.ico': '' },
    plan: { outputs: ['dist', 'out', '_site', 'www', 'build', 'public'] },
  },
  'a bundler told where to write': {
    files: { 'bun.lock': '', 'package.json': pkg({}, 'bun build ./index.html --outdir=./site --minify') },
    plan: { framework: null, buildCommand: 'bun run build', outputs: ['site'] },
  },
  'plain HTML': {
    files: { 'index.html': '<h1>Hi</h1>', 'css/site.css': '' },
    plan: {
      type: 'web',
      framework: null,
      packageManager: null,
      installCommand: null,
      buildCommand: null,
      outputs: ['.'],
    },
    because: ['Nothing is built: index.html is there, and the folder is published.'],
  },
  'plain HTML with a config.json, an app.json and a vite.config.ts of no meaning': {
    files: {
      'index.html': '',
      'config.json': '{}',
      'app.json': '{}',
      '_config.yml': '',
      'vite.config.ts': '',
    },
    plan: { framework: null, buildCommand: null, outputs: ['.'] },
  },
  'plain HTML in a folder': {
    files: { 'README.md': '', 'public/index.html': '', 'public/a.css': '' },
    plan: { buildCommand: null, outputs: ['public'] },
  },
  'plain HTML with a package.json for tools only': {
    files: {
      'index.html': '',
      'package.json': json({ devDependencies: { prettier: '3.0.0' }, scripts: { format: 'prettier .' } }),
    },
    plan: { packageManager: 'npm', installCommand: null, buildCommand: null, outputs: ['.'] },
    because: ['Framework: none; package.json has no build script and no web framework.'],
  },
  'a plain PWA': {
    files: { 'index.html': '', 'manifest.webmanifest': '{}', 'sw.js': '' },
    plan: { type: 'pwa', outputs: ['.'] },
    because: [
      'Type: pwa, because there is a web manifest (manifest.webmanifest) and a service worker (sw.js).',
    ],
  },
  'a PWA with its files in public': {
    files: {
      'package.json': pkg({ vite: '8.0.0' }, 'vite build'),
      'public/manifest.json': json({ name: 'x', start_url: '/' }),
      'public/service-worker.js': '',
    },
    plan: { type: 'pwa', framework: 'vite' },
  },
  'a PWA by a plugin': {
    files: { 'package.json': pkg({ vite: '8.0.0', 'vite-plugin-pwa': '1.0.0' }, 'vite build') },
    plan: { type: 'pwa' },
    because: ['Type: pwa, because the project depends on vite-plugin-pwa.'],
  },
  'no PWA: the manifest is a browser extension’s': {
    files: { 'index.html': '', 'manifest.json': json({ manifest_version: 3, icons: {} }), 'sw.js': '' },
    plan: { type: 'web' },
  },
  'no PWA: there is no service worker': {
    files: { 'index.html': '', 'site.webmanifest': '{}' },
    plan: { type: 'web' },
  },
  'a workspace with one site': {
    files: {
      ...lock,
      'package.json': json({ private: true, workspaces: ['packages/*', 'apps/*'] }),
      'packages/ui/package.json': pkg({ react: '19.0.0' }, 'tsc'),
      'apps/web/package.json': pkg({ astro: '5.0.0' }, 'astro build'),
    },
    plan: {
      framework: 'astro',
      installCommand: npmCi,
      buildCommand: 'npm run build --workspace=apps/web',
      outputs: ['apps/web/dist'],
    },
  },
  'a workspace of pnpm with a build script of its own': {
    files: {
      'pnpm-lock.yaml': '',
      'pnpm-workspace.yaml': 'packages: [apps/*]',
      'package.json': json({
        scripts: { build: 'turbo run build' },
        devDependencies: { turbo: '2.0.0', vite: '8.0.0' },
      }),
      'apps/web/package.json': pkg({ next: '16.0.0' }, 'next build'),
      'apps/web/next.config.js': 'module.exports = { output: "export" }',
    },
    plan: { framework: 'next', buildCommand: 'pnpm run build', outputs: ['apps/web/out'] },
    because: ["Build command: pnpm run build, the workspace's own, which builds apps/web too."],
  },
  'a package of a workspace, with lockfile, manager and Node set at the top': {
    base: 'apps/web',
    files: {
      'package.json': json({
        packageManager: 'pnpm@10.1.0+sha512.abc',
        workspaces: ['apps/*'],
        engines: { node: '>=22' },
      }),
      'pnpm-lock.yaml': '',
      'apps/web/package.json': pkg({ vite: '8.0.0' }, 'vite build'),
    },
    plan: {
      packageManager: 'pnpm',
      installCommand: 'pnpm install --frozen-lockfile',
      node: '>=22',
      outputs: ['dist'],
    },
  },
  'a package whose framework is a dependency of the top': {
    base: 'apps/web',
    files: {
      'package.json': json({ workspaces: ['apps/*'], devDependencies: { vite: '8.0.0', next: '16.0.0' } }),
      'apps/web/package.json': pkg({}, 'vite build'),
      'apps/web/vite.config.ts': "export default { build: { outDir: 'web' } }",
    },
    plan: { framework: 'vite', outputs: ['web'] },
    because: ['Framework: Vite, because the build script runs it.'],
  },
  'Yarn 4 by its lockfile': {
    files: {
      'yarn.lock': '# This file is generated\n\n__metadata:\n  version: 8\n',
      'package.json': pkg({ vite: '8.0.0' }, 'vite build'),
    },
    plan: { packageManager: 'yarn', installCommand: 'yarn install --immutable' },
  },
  'Yarn 4 by packageManager, without a lockfile': {
    files: { 'package.json': pkg({ vite: '8.0.0' }, 'vite build', { packageManager: 'yarn@4.9.0' }) },
    plan: { installCommand: 'yarn install --no-immutable' },
  },
  'Yarn 1 by packageManager': {
    files: {
      'yarn.lock': '',
      '.yarnrc.yml': '',
      'package.json': pkg({ vite: '8.0.0' }, 'vite build', { packageManager: 'yarn@1.22.22' }),
    },
    plan: { installCommand: 'yarn install --frozen-lockfile' },
  },
  'a packageManager that wins over a lockfile of another': {
    files: {
      ...lock,
      'package.json': pkg({ vite: '8.0.0' }, 'vite build', { packageManager: 'pnpm@10.0.0' }),
    },
    plan: { packageManager: 'pnpm', installCommand: 'pnpm install' },
    because: ['Package manager: pnpm, because packageManager in package.json says so.'],
  },
  'a packageManager that nobody knows': {
    files: { ...lock, 'package.json': pkg({ vite: '8.0.0' }, 'vite build', { packageManager: 'deno@2' }) },
    plan: { packageManager: 'npm', installCommand: npmCi },
    because: ['packageManager in package.json is "deno@2", which AppFlux does not know; it is ignored.'],
  },
  'two lockfiles': {
    files: { ...lock, 'yarn.lock': '', 'package.json': pkg({ vite: '8.0.0' }, 'vite build') },
    plan: { packageManager: 'yarn' },
    because: ['Package manager: yarn, because of yarn.lock; package-lock.json is ignored.'],
  },
  'npm-shrinkwrap.json': {
    files: { 'npm-shrinkwrap.json': '{}', 'package.json': pkg({ vite: '8.0.0' }, 'vite build') },
    plan: { packageManager: 'npm', installCommand: npmCi },
  },
  '.nvmrc before engines': {
    files: {
      '.nvmrc': '# ours\nv22.11.0\n',
      'package.json': pkg({ vite: '8.0.0' }, 'vite build', { engines: { node: '>=20' } }),
    },
    plan: { node: 'v22.11.0' },
    because: ['Node: v22.11.0, because .nvmrc says so.'],
  },
  '.node-version': {
    files: { '.node-version': '24\n', 'package.json': pkg({ vite: '8.0.0' }, 'vite build') },
    plan: { node: '24' },
  },
  'engines, when .nvmrc is nonsense': {
    files: {
      '.nvmrc': '$(reboot)',
      'package.json': pkg({ vite: '8.0.0' }, 'vite build', { engines: { node: '^22.12 || >=24' } }),
    },
    plan: { node: '^22.12 || >=24' },
  },
  'an App that is set to a framework': {
    settings: { framework: 'Create React App' },
    files: { 'package.json': pkg({ vite: '8.0.0', 'react-scripts': '5.0.0' }, 'react-scripts build') },
    plan: { framework: 'create-react-app', outputs: ['build'] },
    because: ['Framework: Create React App, because the App is set to it.'],
  },
  'an App that is set to nextjs': {
    settings: { framework: 'nextjs' },
    files: {
      'package.json': pkg({}, 'next build'),
      'next.config.js': 'module.exports = { output: "export" }',
    },
    plan: { framework: 'next', outputs: ['out'] },
  },
  'an App that is set to html': {
    settings: { framework: 'html' },
    files: { 'index.html': '', 'package.json': pkg({ vite: '8.0.0' }, 'vite build') },
    plan: { framework: null, buildCommand: null, outputs: ['.'] },
  },
  'Hugo with an image of its own': {
    settings: { image: 'registry.example/hugo:1' },
    files: { 'hugo.toml': '', 'content/a.md': '' },
    plan: {
      framework: 'hugo',
      image: 'registry.example/hugo:1',
      buildCommand: 'hugo',
      outputs: ['public'],
      installCommand: null,
    },
  },
  'a Hugo site whose output is in the source': {
    files: { 'config.toml': 'baseURL = "x"', 'content/a.md': '', 'public/index.html': '' },
    plan: { framework: null, buildCommand: null, outputs: ['public'] },
  },
  'settings of the App before all else': {
    settings: { installCommand: 'npm i -f', buildCommand: 'make site', outputs: ['web'], node: '20' },
    type: 'pwa',
    files: {
      ...lock,
      'package.json': pkg({ vite: '8.0.0' }, 'vite build'),
      'appflux.json': json({
        type: 'web',
        installCommand: 'no',
        buildCommand: 'no',
        outputs: ['no'],
        node: '18',
      }),
    },
    plan: {
      type: 'pwa',
      framework: 'vite',
      installCommand: 'npm i -f',
      buildCommand: 'make site',
      outputs: ['web'],
      node: '20',
    },
    because: ['Build command: make site, because the App says so.', 'Output: web, because the App says so.'],
  },
  'appflux.json before what is found': {
    files: {
      ...lock,
      'package.json': pkg({ vite: '8.0.0' }, 'vite build'),
      'appflux.json': json({
        $schema: 'https://x/',
        type: 'pwa',
        image: 'x/y',
        buildCommand: 'npm run site',
        outputs: ['web', 'dist'],
        node: '18',
      }),
    },
    plan: {
      type: 'pwa',
      image: 'x/y',
      installCommand: npmCi,
      buildCommand: 'npm run site',
      outputs: ['web', 'dist'],
      node: '18',
    },
    because: [
      'Settings are read from appflux.json.',
      'Build command: npm run site, because appflux.json says so.',
    ],
  },
  'outputs that are set for a project that needs a server': {
    settings: { outputs: ['out'] },
    files: { 'package.json': pkg({ next: '16.0.0' }, 'next build') },
    plan: { framework: null, outputs: ['out'], buildCommand: null, installCommand: 'npm install' },
  },
  'a build command that is set where nothing is found': {
    settings: { buildCommand: './make.sh' },
    files: { 'make.sh': '', 'build/x': '' },
    plan: {
      type: 'web',
      buildCommand: './make.sh',
      installCommand: null,
      outputs: ['dist', 'out', '_site', 'www', 'public'],
    },
  },
  'a build command that is set beside an index.html': {
    settings: { buildCommand: 'sh make.sh' },
    files: { 'make.sh': '', 'index.html': '' },
    plan: { buildCommand: 'sh make.sh', outputs: ['dist', 'build', 'out', '_site', 'www', 'public', '.'] },
  },
  'an android App that says all by itself': {
    type: 'android',
    settings: { buildCommand: './gradlew assembleRelease', outputs: ['app/**/*.apk'] },
    files: { gradlew: '' },
    plan: { type: 'android', image: 'appflux/android-builder', outputs: ['app/**/*.apk'] },
  },
};

describe('a web project', () => {
  it.each(Object.entries(CASES))(
    'is planned: %s',
    async (_name, { plan: wanted, because = [], ...given }) => {
      const found = await plan(given);
      expect(found).toMatchObject(wanted);
      for (const reason of because) expect(found.reasons).toContain(reason);
      expect(Plan.safeParse(found).error).toBeUndefined();
    },
  );
});

const REFUSED: Readonly<
  Record<string, Omit<Case, 'plan'> & { code?: string; message: string; hint: string }>
> = {
  'Next.js that renders on a server': {
    files: {
      'package.json': pkg({ next: '16.0.0' }, 'next build'),
      'next.config.js': "module.exports = { /* output: 'export' */ output: 'standalone' }",
    },
    message:
      'This Next.js project renders on a server: next.config.js does not set output to "export". AppFlux publishes files; it runs no server for a site.',
    hint: "Set output: 'export' in next.config",
  },
  'SvelteKit with another adapter': {
    files: {
      'package.json': pkg(
        { '@sveltejs/kit': '2.0.0', '@sveltejs/adapter-node': '5.0.0', '@sveltejs/adapter-static': '3.0.0' },
        'vite build',
      ),
      'svelte.config.js': "import adapter from '@sveltejs/adapter-node'",
    },
    message: 'does not use adapter-static but @sveltejs/adapter-node',
    hint: 'Install @sveltejs/adapter-static',
  },
  'Astro that renders on a server': {
    files: {
      'package.json': pkg({ astro: '5.0.0' }, 'astro build'),
      'astro.config.mjs': "export default { output: 'server' }",
    },
    message: 'astro.config.mjs sets output to "server"',
    hint: "Set output: 'static'",
  },
  'React Router that renders on a server': {
    files: {
      'package.json': pkg({ '@react-router/dev': '7.0.0' }, 'react-router build'),
      'react-router.config.ts': 'export default { ssr: true }',
    },
    message: 'This React Router project renders on a server',
    hint: 'ssr: false',
  },
  Remix: {
    files: { 'package.json': pkg({ '@remix-run/dev': '2.0.0' }, 'remix vite:build') },
    message: 'This Remix project renders on a server',
    hint: 'ssr: false in vite.config',
  },
  SolidStart: {
    files: { 'package.json': pkg({ '@solidjs/start': '1.0.0' }, 'vinxi build') },
    message: 'This SolidStart project renders on a server',
    hint: 'preset "static"',
  },
  'Qwik City': {
    files: {
      'package.json': pkg({ '@builder.io/qwik': '1.0.0', '@builder.io/qwik-city': '1.0.0' }, 'qwik build'),
    },
    message: 'This Qwik project renders on a server',
    hint: 'static adapter',
  },
  'TanStack Start': {
    files: {
      'package.json': pkg({ '@tanstack/react-start': '1.140.0' }, 'vite build'),
      'vite.config.ts': 'tanstackStart({ prerender: false })',
    },
    message: 'This TanStack Start project renders on a server',
    hint: 'prerender or spa',
  },
  Hono: {
    files: { 'package.json': pkg({ hono: '4.0.0' }, 'tsc') },
    message: 'Hono is a framework for servers',
    hint: 'root directory',
  },
  'Expo for phones': {
    files: { 'package.json': pkg({ expo: '54.0.0' }), 'app.json': '{}' },
    message: 'Expo app without a web side',
    hint: 'react-native-web',
  },
  'Hugo without Hugo': {
    files: { 'hugo.toml': '', 'content/a.md': '' },
    message: 'This is a Hugo site, and the web builder has no Hugo.',
    hint: 'Set an image that has Hugo',
  },
  Zola: {
    files: { 'config.toml': 'base_url = "x"', 'content/a.md': '', 'templates/index.html': '' },
    message: 'This is a Zola site',
    hint: '(public)',
  },
  Jekyll: {
    files: { '_config.yml': '', Gemfile: '', 'index.md': '' },
    message: 'This is a Jekyll site',
    hint: '(_site)',
  },
  'a workspace with several sites': {
    files: {
      'package.json': json({ workspaces: ['apps/*'] }),
      'apps/a/package.json': pkg({ vite: '8.0.0' }, 'vite build'),
      'apps/b/package.json': pkg({ astro: '5.0.0' }, 'astro build'),
    },
    message: 'This workspace holds several sites: "apps/a", "apps/b".',
    hint: 'Set the root directory',
  },
  'a workspace whose only site needs a server': {
    files: {
      'package.json': json({ workspaces: ['apps/*'] }),
      'apps/a/package.json': pkg({ next: '16.0.0' }, 'next build'),
    },
    message: 'This Next.js project renders on a server',
    hint: 'output',
  },
  'an empty source': {
    files: { 'README.md': '' },
    message:
      'Nothing to build was found at the top of the source; looked for a package.json with a build script or a web framework, an index.html.',
    hint: 'Set the root directory if the project is in a subfolder',
  },
  'a project in subfolders': {
    files: {
      'README.md': '',
      'frontend/package.json': '{}',
      'frontend/src/index.html': '',
      'api/package.json': '{}',
    },
    message: 'Nothing to build was found',
    hint: 'There are projects in "api", "frontend": set the root directory of the App to that folder.',
  },
  'a package.json that builds nothing': {
    files: { 'package.json': json({ name: 'lib', main: 'index.js' }) },
    message: 'Nothing to build was found',
    hint: 'set a build command',
  },
  'a type that no rule makes': {
    type: 'desktop',
    files: { 'package.json': pkg({ vite: '8.0.0' }, 'vite build') },
    message: 'how to build an App of type desktop',
    hint: 'Set an image, a build command and outputs',
  },
  'a framework that nobody knows': {
    settings: { framework: 'nextt' },
    files: { 'package.json': pkg({}) },
    code: 'settings_invalid',
    message: 'The App\'s framework "nextt" is unknown; the nearest known one is "next".',
    hint: 'leave it empty',
  },
  'an output that leads out': {
    files: { 'index.html': '', 'appflux.json': json({ outputs: ['a/../../b'] }) },
    code: 'settings_invalid',
    message: 'appflux.json, "outputs.0": An output stays inside the root directory.',
    hint: 'appflux.json',
  },
  'an output that would take for ever to match': {
    settings: { outputs: ['*a*a*a*'] },
    files: { 'index.html': '' },
    code: 'settings_invalid',
    message: 'has more than 2 stars between two slashes',
    hint: 'outputs',
  },
};

describe('what cannot be built', () => {
  it.each(Object.entries(REFUSED))(
    'is refused with a reason and a hint: %s',
    async (_name, { code, message, hint, ...given }) => {
      const error = await plan(given).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(JobFailure);
      const failure = error as JobFailure;
      expect(failure.code).toBe(code ?? 'nothing_to_build');
      expect(failure.message).toContain(message);
      expect(failure.hint).toContain(hint);
    },
  );
});
