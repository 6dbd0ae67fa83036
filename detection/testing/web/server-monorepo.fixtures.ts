/** Servers in monorepos, among other packages. */
import { type Fixtures, json, pkg } from '../fixture.ts';
import { LISTENS, node } from './server-sources.ts';

export const serverMonorepoFixtures: Fixtures = {
  'a site and a server: the site': {
    servers: true,
    files: {
      'package.json': json({ workspaces: ['apps/*'] }),
      'apps/api/package.json': node({ express: '5.0.0' }, { build: 'tsc', start: 'node dist/index.js' }),
      'apps/api/src/index.ts': LISTENS,
      'apps/shop/package.json': pkg({ vite: '8.0.0' }, 'vite build', { name: 'shop' }),
    },
    plan: {
      framework: 'vite',
      outputs: ['apps/shop/dist'],
      alternatives: [
        {
          type: 'web',
          framework: 'express',
          set: { rootDirectory: 'apps/api', type: null, framework: null },
        },
      ],
    },
    because: ['Chosen from the workspace’s sites: apps/shop, because the other is only a server.'],
  },
  'a server alone': {
    servers: true,
    files: {
      'pnpm-lock.yaml': '',
      'pnpm-workspace.yaml': 'packages: [apps/*, packages/*]',
      'package.json': json({ private: true }),
      'apps/api/package.json': node({ fastify: '5.0.0' }, { build: 'tsc', start: 'node dist/index.js' }),
      'packages/lib/package.json': pkg({}, 'tsc', { name: 'lib' }),
    },
    plan: {
      framework: 'fastify',
      buildCommand: 'pnpm --filter api... run build',
      server: { kind: 'node', entry: 'dist/index.js', folder: 'apps/api' },
      outputs: ['apps/api/.appflux-server'],
    },
  },
  'two servers': {
    servers: true,
    files: {
      'package.json': json({ workspaces: ['apps/*'] }),
      'apps/a/package.json': node({ express: '5.0.0' }, { start: 'node a.js' }),
      'apps/b/package.json': node({ express: '5.0.0' }, { start: 'node b.js' }),
    },
    code: 'ambiguous',
    message: '"apps/a", "apps/b"',
    hint: 'Set the root directory',
  },
  'a server where none run, beside a site': {
    files: {
      'package.json': json({ workspaces: ['apps/*'] }),
      'apps/api/package.json': node({ express: '5.0.0' }, { start: 'node index.js' }),
      'apps/shop/package.json': pkg({ vite: '8.0.0' }, 'vite build', { name: 'shop' }),
    },
    plan: { framework: 'vite', outputs: ['apps/shop/dist'] },
  },
  'a front end below a server, where no servers run': {
    files: {
      'package.json': node({ express: '5.0.0' }, { start: 'node index.js' }),
      'index.js': LISTENS,
      'client/package.json': pkg({ vite: '8.0.0' }, 'vite build'),
    },
    message: 'This is an Express server',
    hint: 'There is also "client"',
  },
  'Next.js through Nx': {
    servers: true,
    files: {
      'nx.json': '{}',
      'package.json': pkg({ next: '16.0.0', nx: '22.0.0' }),
      'apps/shop/project.json': json({
        name: 'shop',
        projectType: 'application',
        targets: { build: { executor: '@nx/next:build', options: { outputPath: 'dist/apps/shop' } } },
      }),
      'apps/shop/next.config.js': 'module.exports = {}',
    },
    plan: {
      framework: 'next',
      buildCommand: 'npx nx run shop:build',
      server: { kind: 'next', entry: null, folder: 'apps/shop' },
      outputs: ['apps/shop/.appflux-server'],
    },
  },
  'Next.js through Nx, where no servers run': {
    files: {
      'nx.json': '{}',
      'package.json': pkg({ next: '16.0.0', nx: '22.0.0' }),
      'apps/shop/project.json': json({
        name: 'shop',
        projectType: 'application',
        targets: { build: { executor: '@nx/next:build' } },
      }),
      'apps/shop/next.config.js': 'module.exports = {}',
    },
    message: 'This Next.js project renders on a server',
    hint: "Set output: 'export'",
  },
  'a static export of Next.js through Nx': {
    servers: true,
    files: {
      'nx.json': json({ plugins: ['@nx/next/plugin'] }),
      'package.json': json({
        workspaces: ['apps/*'],
        dependencies: { next: '16.0.0' },
        devDependencies: { nx: '22.0.0' },
      }),
      'apps/shop/package.json': json({ name: '@acme/shop' }),
      'apps/shop/next.config.js': "module.exports = { output: 'export' }",
    },
    plan: {
      framework: 'next',
      outputs: [
        'apps/shop/out',
        'dist/apps/shop/browser',
        'apps/shop/dist/browser',
        'dist/apps/shop',
        'apps/shop/dist',
      ],
      server: undefined,
    },
  },
  'NestJS through Nx': {
    servers: true,
    files: {
      'nx.json': '{}',
      'package.json': json({
        dependencies: { '@nestjs/core': '^11.0.0' },
        devDependencies: { nx: '22.0.0' },
        scripts: { build: 'nx run-many -t build' },
      }),
      'apps/api/project.json': json({
        name: 'api',
        projectType: 'application',
        targets: {
          build: {
            executor: '@nx/webpack:webpack',
            options: { target: 'node', outputPath: 'dist/apps/api' },
          },
        },
      }),
    },
    plan: {
      framework: 'nestjs',
      server: { kind: 'node', entry: 'dist/apps/api/main.js' },
      outputs: ['.appflux-server'],
    },
  },
  'a site and a server through Nx': {
    servers: true,
    files: {
      'nx.json': '{}',
      'package.json': json({
        dependencies: { '@nestjs/core': '^11.0.0' },
        devDependencies: { nx: '22.0.0' },
      }),
      'apps/api/project.json': json({
        name: 'api',
        projectType: 'application',
        targets: { build: { executor: '@nx/node:build', options: { outputPath: 'dist/apps/api' } } },
      }),
      'apps/shop/project.json': json({
        name: 'shop',
        projectType: 'application',
        targets: { build: { executor: '@nx/vite:build', options: { outputPath: 'dist/apps/shop' } } },
      }),
    },
    plan: { framework: 'vite', server: undefined, buildCommand: 'npx nx run shop:build' },
  },
};
