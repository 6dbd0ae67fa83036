import { type Fixtures, pkg } from '../fixture.ts';

export const metaFrameworkFixtures: Fixtures = {
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
    because: ['SvelteKit generates a static site, because it uses adapter-static.'],
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
  'Next.js that renders on a server': {
    files: {
      'package.json': pkg({ next: '16.0.0' }, 'next build'),
      'next.config.js': "module.exports = { /* output: 'export' */ output: 'standalone' }",
    },
    message:
      'This Next.js project renders on a server: next.config.js does not set output to "export". This instance publishes static files; it doesn’t run servers.',
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
    message: 'uses @sveltejs/adapter-node instead of adapter-static',
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
    files: { 'package.json': pkg({ '@remix-run/dev': '2.0.0' }, 'remix vite:build'), 'vite.config.ts': '' },
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
    message: 'Hono is a server framework',
    hint: 'root directory',
  },
  'SolidStart that makes static pages': {
    files: {
      'package.json': pkg({ '@solidjs/start': '1.1.0', 'solid-js': '1.9.0', vinxi: '0.5.0' }, 'vinxi build'),
      'app.config.ts': "export default defineConfig({ server: { preset: 'static' } })",
    },
    plan: { framework: 'solid-start', buildCommand: 'npm run build' },
  },
  'Qwik City with the static adapter': {
    files: {
      'package.json': pkg({ '@builder.io/qwik': '1.0.0', '@builder.io/qwik-city': '1.0.0' }, 'qwik build'),
      'adapters/static/vite.config.ts': '',
    },
    plan: { framework: 'qwik', outputs: ['dist'] },
  },
};
