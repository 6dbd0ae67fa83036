import { type Fixtures, json, npmCi, npmLock, pkg } from '../fixture.ts';

export const workspaceFixtures: Fixtures = {
  'a workspace with one site': {
    files: {
      ...npmLock,
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
  'a workspace of Bun with catalogs, whose one app has only a script': {
    files: {
      'bun.lock': '',
      'package.json': json({ workspaces: { packages: ['apps/*', 'packages/*'], catalog: { ms: '2.1.3' } } }),
      'apps/web/package.json': pkg({ ms: 'catalog:' }, 'bun build.ts'),
      'packages/ui/package.json': pkg({}, 'tsc'),
      'packages/cli/package.json': pkg({}, 'node build.mjs'),
    },
    plan: {
      framework: null,
      packageManager: 'bun',
      installCommand: 'bun install --frozen-lockfile',
      buildCommand: 'bun --cwd=apps/web run build',
      outputs: ['dist', 'build', 'out', '_site', 'www', 'public'].map((name) => `apps/web/${name}`),
    },
  },
  'a workspace with two apps that have only a script': {
    files: {
      'package.json': json({ workspaces: ['apps/*'] }),
      'apps/shop/package.json': pkg({}, 'node build.mjs'),
      'apps/blog/package.json': pkg({}, 'node build.mjs'),
    },
    message: 'no build script and no dependency on a framework',
    hint: 'There are projects in "apps/blog", "apps/shop"',
  },
  'a workspace whose package with a script is no app': {
    files: {
      'package.json': json({ workspaces: ['packages/*'] }),
      'packages/data/package.json': pkg({}, 'node build.mjs'),
    },
    message: 'no build script and no dependency on a framework',
    hint: 'There is a project in "packages/data"',
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
    because: [
      'Build command: pnpm run build, the build script of the workspace, which also builds apps/web.',
    ],
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
  'a workspace with several sites': {
    files: {
      'package.json': json({ workspaces: ['apps/*'] }),
      'apps/a/package.json': pkg({ vite: '8.0.0' }, 'vite build'),
      'apps/b/package.json': pkg({ astro: '5.0.0' }, 'astro build'),
    },
    code: 'ambiguous',
    message: 'This workspace has several sites: "apps/a", "apps/b".',
    hint: 'Set the root directory',
  },
  'a workspace with a package in a folder that sites have': {
    files: {
      'package.json': json({ workspaces: ['app', 'lib'], scripts: { build: 'turbo run build' } }),
      'app/package.json': pkg({ vite: '8.0.0' }, 'vite build'),
      'lib/package.json': pkg({}, 'tsc'),
    },
    plan: { framework: 'vite', outputs: ['app/dist'] },
  },
  'a workspace whose only site needs a server': {
    files: {
      'package.json': json({ workspaces: ['apps/*'] }),
      'apps/a/package.json': pkg({ next: '16.0.0' }, 'next build'),
    },
    message: 'This Next.js project renders on a server',
    hint: 'output',
  },
  'create-turbo: the site, not its documentation': {
    files: {
      'pnpm-lock.yaml': '',
      'pnpm-workspace.yaml': 'packages:\n  - "apps/*"\n  - "packages/*"\n',
      'turbo.json': '{ "tasks": { "build": { "dependsOn": ["^build"] } } }',
      'package.json': json({ scripts: { build: 'turbo run build' }, devDependencies: { turbo: '^2.5.0' } }),
      'apps/web/package.json': pkg({ vite: '8.0.0', '@repo/ui': 'workspace:*' }, 'vite build', {
        name: 'web',
      }),
      'apps/docs/package.json': pkg({ astro: '5.0.0' }, 'astro build', { name: 'docs' }),
      'packages/ui/package.json': pkg({}, 'tsc', { name: '@repo/ui' }),
    },
    plan: {
      framework: 'vite',
      installCommand: 'pnpm install --frozen-lockfile',
      buildCommand: 'pnpm exec turbo run build --filter=web',
      outputs: ['apps/web/dist'],
    },
    because: [
      'Build command: pnpm exec turbo run build --filter=web, with Turborepo, including what apps/web depends on.',
      'Chosen from the workspace’s sites: apps/web, because of its name.',
      'There is also "apps/docs": to build it instead, set the root directory of the app to its folder.',
    ],
  },
  'a package of a Turborepo that depends on others, as the root directory': {
    base: 'apps/web',
    files: {
      ...npmLock,
      'turbo.json': '{ "tasks": { "build": {} } }',
      'package.json': json({ workspaces: ['apps/*', 'packages/*'], devDependencies: { turbo: '2.0.0' } }),
      'apps/web/package.json': pkg({ vite: '8.0.0', ui: '*' }, 'vite build', { name: '@acme/web' }),
      'packages/ui/package.json': pkg({}, 'tsc', { name: 'ui' }),
    },
    plan: { buildCommand: 'cd ../.. && npx turbo run build --filter=@acme/web', outputs: ['dist'] },
  },
  'pnpm alone: dependencies first': {
    files: {
      'pnpm-lock.yaml': '',
      'pnpm-workspace.yaml': 'packages: ["site", "libs/**", "!libs/old"]',
      'package.json': json({ private: true }),
      'site/package.json': pkg({ vite: '8.0.0', lib: 'workspace:*' }, 'vite build', { name: 'site' }),
      'libs/old/package.json': pkg({ gatsby: '5.0.0' }, 'gatsby build'),
    },
    plan: { buildCommand: 'pnpm --filter site... run build', outputs: ['site/dist'] },
    because: ['Build command: pnpm --filter site... run build, with pnpm, including what site depends on.'],
  },
  Lerna: {
    files: {
      'lerna.json': '{"packages":["packages/*"],"version":"independent"}',
      'package.json': json({ private: true, devDependencies: { lerna: '9.0.0' } }),
      'packages/site/package.json': pkg({ gatsby: '5.0.0' }, 'gatsby build', { name: '@acme/site' }),
    },
    plan: {
      framework: 'gatsby',
      buildCommand: 'npx lerna run build --scope=@acme/site --include-dependencies',
      outputs: ['packages/site/public'],
    },
  },
  'Nx with a package.json for each project': {
    files: {
      'nx.json': '{}',
      'package.json': json({ workspaces: ['apps/*'], devDependencies: { nx: '21.0.0' } }),
      'apps/shop/package.json': pkg({ astro: '5.0.0' }, 'astro build', { name: '@org/shop' }),
    },
    plan: { framework: 'astro', buildCommand: 'npx nx run @org/shop:build', outputs: ['apps/shop/dist'] },
  },
  'Nx with a project.json for each project': {
    files: {
      'nx.json': '{}',
      'package.json': json({
        devDependencies: { nx: '21.0.0', vite: '7.0.0', '@nx/vite': '21.0.0' },
        scripts: {},
      }),
      'apps/shop/project.json': json({ name: 'shop', projectType: 'application', targets: {} }),
      'apps/shop/vite.config.ts': "export default { build: { outDir: '../../dist/apps/shop' } }",
      'apps/shop-e2e/project.json': json({ name: 'shop-e2e', projectType: 'application' }),
      'apps/api/project.json': json({
        name: 'api',
        projectType: 'application',
        targets: { build: { executor: '@nx/esbuild:esbuild' } },
      }),
      'libs/ui/project.json': json({ name: 'ui', projectType: 'library' }),
    },
    plan: {
      framework: 'vite',
      buildCommand: 'npx nx run shop:build',
      outputs: [
        'dist/apps/shop/browser',
        'apps/shop/dist/browser',
        'dist/apps/shop',
        'apps/shop/dist',
        'apps/shop/out',
      ],
    },
  },
  'Nx with builds that a plugin infers': {
    files: {
      ...npmLock,
      'nx.json': json({ plugins: ['@nx/js/typescript', { plugin: '@nx/vite/plugin' }] }),
      'package.json': json({
        name: '@nx/source',
        workspaces: ['apps/*', 'libs/*'],
        devDependencies: { nx: '23.0.0', vite: '8.0.0', '@nx/vite': '23.0.0' },
        scripts: {},
      }),
      'apps/web/package.json': json({ name: '@org/web', version: '0.0.1' }),
      'apps/web/vite.config.mts': "export default { build: { outDir: './dist' } }",
      'apps/web/index.html': '',
      'libs/ui/package.json': json({ name: '@org/ui' }),
      'libs/ui/vite.config.mts': 'export default { build: { lib: {} } }',
    },
    plan: { framework: 'vite', installCommand: npmCi, buildCommand: 'npx nx run @org/web:build' },
    version: '0.0.1',
  },
  'Nx with Angular': {
    files: {
      'nx.json': '{}',
      'package.json': json({ devDependencies: { nx: '21.0.0', '@angular/cli': '20.0.0' } }),
      'apps/portal/project.json': json({
        projectType: 'application',
        targets: {
          build: { executor: '@angular/build:application', options: { outputPath: 'dist/apps/portal' } },
        },
      }),
    },
    plan: { framework: 'angular', outputs: ['dist/apps/portal/browser', 'dist/apps/portal'] },
  },
  'a site whose framework only the top depends on, beside examples': {
    files: {
      'yarn.lock': '',
      'package.json': json({
        private: true,
        workspaces: ['drawing-app', 'packages/*', 'examples/*'],
        devDependencies: { vite: '5.0.0' },
      }),
      'drawing-app/package.json': pkg({}, 'yarn build:app && yarn build:version', {
        name: 'drawing-app',
        scripts: { 'build:app': 'cross-env A=1 vite build', build: 'yarn build:app && yarn build:version' },
      }),
      'drawing-app/vite.config.mts': "export default { build: { outDir: 'build' } }",
      'examples/script/package.json': pkg({ vite: '5.0.0' }, 'vite build'),
    },
    plan: {
      framework: 'vite',
      buildCommand: 'yarn --cwd drawing-app run build',
      outputs: ['drawing-app/build'],
    },
    because: [
      'Framework: Vite, because the build script runs it.',
      'Chosen from the workspace’s sites: drawing-app, because the other is named like documentation, an example or a tool.',
    ],
  },
};
