/** Projects that render on a server, on an instance that runs servers. */
import { type Fixtures, json, pkg } from '../fixture.ts';
import { files, server } from './framework-sources.ts';

const kit = (adapter: string) =>
  pkg({}, 'vite build', {
    devDependencies: { '@sveltejs/kit': '^2.48.0', [adapter]: '^7.0.0', svelte: '^5.0.0', vite: '^7.0.0' },
  });

/** As the frameworks' own generators write them. */
export const serverStarterFixtures: Fixtures = {
  'SvelteKit with adapter-auto': server(
    {
      'package.json': kit('@sveltejs/adapter-auto'),
      'svelte.config.js':
        "import adapter from '@sveltejs/adapter-auto'; export default { kit: { adapter: adapter() } }",
      'vite.config.ts': 'export default defineConfig({ plugins: [sveltekit()] })',
    },
    { kind: 'sveltekit' },
    { framework: 'svelte-kit', buildCommand: 'npm run build' },
  ),
  'SvelteKit with adapter-node': server(
    {
      'package.json': kit('@sveltejs/adapter-node'),
      'svelte.config.js': "import a from '@sveltejs/adapter-node'",
    },
    { kind: 'sveltekit' },
  ),
  'SvelteKit with adapter-static': files(
    {
      'package.json': kit('@sveltejs/adapter-static'),
      'svelte.config.js': "import a from '@sveltejs/adapter-static'",
    },
    ['build'],
  ),
  'Next.js': server(
    {
      'package.json': pkg({ next: '16.0.3', react: '19.2.0', 'react-dom': '19.2.0' }, 'next build'),
      'next.config.ts': 'const nextConfig: NextConfig = {}; export default nextConfig;',
    },
    { kind: 'next' },
    { framework: 'next', buildCommand: 'npm run build' },
  ),
  'Next.js without a configuration': server(
    { 'package.json': pkg({ next: 'latest' }, 'next build') },
    { kind: 'next' },
  ),
  'Next.js with a static export': files(
    {
      'package.json': pkg({ next: '16.0.3' }, 'next build'),
      'next.config.mjs': "export default { output: 'export' }",
    },
    ['out'],
  ),
  'Next.js that is too old': {
    servers: true,
    files: { 'package.json': pkg({ next: '13.5.6' }, 'next build') },
    message: 'AppFlux runs Next.js 14.2 and later',
    hint: 'Update Next.js, or set output',
  },
  'Nuxt 4': server(
    {
      'package.json': pkg({ nuxt: '^4.2.1', vue: '^3.5.24' }, 'nuxt build', {
        scripts: {
          build: 'nuxt build',
          dev: 'nuxt dev',
          generate: 'nuxt generate',
          postinstall: 'nuxt prepare',
        },
      }),
      'nuxt.config.ts': 'export default defineNuxtConfig({ devtools: { enabled: true } })',
    },
    { kind: 'nitro' },
    { framework: 'nuxt', buildCommand: 'npm run build' },
  ),
  'Nuxt without a build script': server(
    { 'package.json': pkg({ nuxt: '^4.2.1' }) },
    { kind: 'nitro' },
    { buildCommand: 'npx nuxt build' },
  ),
  'Nuxt whose build script generates': files(
    { 'package.json': pkg({ nuxt: '^4.2.1' }, 'nuxt generate') },
    ['.output/public', 'dist'],
    { buildCommand: 'npm run build' },
  ),
  'Nuxt with ssr off': files(
    {
      'package.json': pkg({ nuxt: '^4.2.1' }, 'nuxt build'),
      'nuxt.config.ts': 'defineNuxtConfig({ ssr: false })',
    },
    ['.output/public', 'dist'],
    { buildCommand: 'npx nuxt generate' },
  ),
  'Nuxt with ssr off and an API': server(
    {
      'package.json': pkg({ nuxt: '^4.2.1' }, 'nuxt build'),
      'nuxt.config.ts': 'defineNuxtConfig({ ssr: false })',
      'server/api/hello.get.ts': '',
    },
    { kind: 'nitro' },
  ),
  'Nuxt with a static preset': files(
    {
      'package.json': pkg({ nuxt: '^4.2.1' }, 'nuxt build'),
      'nuxt.config.ts': "defineNuxtConfig({ nitro: { preset: 'github_pages' } })",
    },
    ['.output/public', 'dist'],
  ),
  'Nuxt 2': files({ 'package.json': pkg({ nuxt: '^2.15.0' }, 'nuxt build') }, ['dist'], {
    buildCommand: 'npx nuxt generate',
  }),
  'Astro that is static': files(
    {
      'package.json': pkg({ astro: '^5.16.0' }, 'astro build'),
      'astro.config.mjs': 'export default defineConfig({});',
    },
    ['dist'],
  ),
  'Astro with an adapter': server(
    {
      'package.json': pkg({ astro: '^5.16.0', '@astrojs/node': '^9.5.0' }, 'astro build'),
      'astro.config.mjs': "export default defineConfig({ adapter: node({ mode: 'standalone' }) })",
    },
    { kind: 'astro' },
    { framework: 'astro' },
  ),
  'Astro whose output is a server': server(
    {
      'package.json': pkg({ astro: '^4.0.0' }, 'astro build'),
      'astro.config.mjs': "export default defineConfig({ output: 'hybrid' })",
    },
    { kind: 'astro' },
  ),
  'React Router in framework mode': server(
    {
      'package.json': pkg(
        { 'react-router': '^7.9.2', '@react-router/node': '^7.9.2' },
        'react-router build',
        {
          devDependencies: { '@react-router/dev': '^7.9.2', vite: '^7.1.7' },
        },
      ),
      'react-router.config.ts': 'export default { ssr: true } satisfies Config;',
    },
    { kind: 'react-router' },
    { framework: 'react-router' },
  ),
  'React Router as a single-page app': files(
    {
      'package.json': pkg({}, 'react-router build', { devDependencies: { '@react-router/dev': '^7.9.2' } }),
      'react-router.config.ts': 'export default { ssr: false } satisfies Config;',
    },
    ['build/client'],
  ),
  'React Router that prerenders some pages': server(
    {
      'package.json': pkg({ '@react-router/dev': '7.0.0' }, 'react-router build'),
      'react-router.config.ts': "export default { async prerender() { return ['/'] } }",
    },
    { kind: 'react-router' },
  ),
  'React Router that prerenders all pages': files(
    {
      'package.json': pkg({ '@react-router/dev': '7.0.0' }, 'react-router build'),
      'react-router.config.ts': 'export default { prerender: true }',
    },
    ['build/client'],
  ),
  'Remix with Vite': server(
    {
      'package.json': pkg({ '@remix-run/node': '2.17.0' }, 'remix vite:build', {
        devDependencies: { '@remix-run/dev': '2.17.0', vite: '^6.0.0' },
      }),
      'vite.config.ts': 'plugins: [remix()]',
    },
    { kind: 'react-router' },
    { framework: 'remix' },
  ),
  'Remix with the classic compiler': {
    servers: true,
    files: { 'package.json': pkg({ '@remix-run/dev': '1.19.0' }, 'remix build'), 'remix.config.js': '' },
    message: 'built by the classic compiler',
    hint: 'Move it to Vite',
  },
  'Angular with a server': {
    ...files(
      {
        'package.json': pkg({ '@angular/cli': '20.0.0' }, 'ng build'),
        'angular.json': json({
          projects: {
            shop: {
              projectType: 'application',
              architect: {
                build: { builder: '@angular/build:application', options: { outputMode: 'server' } },
              },
            },
          },
        }),
      },
      ['dist/shop/browser'],
    ),
    because: [
      'Only the files for browsers are published: outputMode is "server" in angular.json, and AppFlux can’t run servers of Angular. To have all pages made in advance, set it to "static".',
    ],
  },
  Vike: {
    ...files({ 'package.json': pkg({ vike: '0.4.0', vite: '7.0.0' }, 'vike build') }, ['dist/client']),
    because: [
      'Only the files in dist/client are published: Vike can also render on a server, which AppFlux can’t run.',
    ],
  },
  'React Router as a library of a Vite app': files(
    {
      'package.json': pkg({ 'react-router': '^7.9.2', react: '19.0.0' }, 'vite build', {
        devDependencies: { vite: '^7.1.7' },
      }),
      'index.html': '<div id=root>',
    },
    ['dist'],
    { framework: 'vite' },
  ),
  'TanStack Start': server(
    {
      'package.json': pkg(
        { '@tanstack/react-start': '^1.140.0', '@tanstack/react-router': '^1.140.0' },
        'vite build',
      ),
      'vite.config.ts': 'plugins: [tanstackStart(), viteReact()]',
    },
    { kind: 'tanstack-start' },
    { framework: 'tanstack-start' },
  ),
  'TanStack Start with the single-page mode': files(
    {
      'package.json': pkg({ '@tanstack/react-start': '^1.140.0' }, 'vite build'),
      'vite.config.ts': 'tanstackStart({ spa: { enabled: true } })',
    },
    ['dist/client', '.output/public'],
  ),
  'TanStack Start with prerendering switched off': server(
    {
      'package.json': pkg({ '@tanstack/react-start': '^1.140.0' }, 'vite build'),
      'vite.config.ts': 'tanstackStart({ prerender: { crawlLinks: true, enabled: false } })',
    },
    { kind: 'tanstack-start' },
  ),
  'SolidStart 1': server(
    { 'package.json': pkg({ '@solidjs/start': '1.3.2', vinxi: '^0.5.7' }, 'vinxi build') },
    { kind: 'nitro' },
    { framework: 'solid-start' },
  ),
  'SolidStart 2': server(
    {
      'package.json': pkg({ '@solidjs/start': '^2.0.0', nitro: '^3.0.0', vite: '^8.0.0' }, 'vite build'),
      'vite.config.ts': 'plugins: [solidStart(), nitro()]',
    },
    { kind: 'nitro' },
    { framework: 'solid-start' },
  ),
  'SolidStart that makes static pages': files(
    {
      'package.json': pkg({ '@solidjs/start': '1.3.2', vinxi: '^0.5.7' }, 'vinxi build'),
      'app.config.ts': 'export default defineConfig({ server: { preset: "static" } })',
    },
    ['.output/public', 'dist/client', 'dist/public', 'dist'],
  ),
  'Qwik City': {
    servers: true,
    files: {
      'package.json': pkg({ '@builder.io/qwik': '1.0.0', '@builder.io/qwik-city': '1.0.0' }, 'qwik build'),
    },
    message: 'AppFlux can’t run servers of Qwik',
    hint: 'static adapter',
  },
};
