import { type Fixtures, json, npmCi, npmLock, pkg } from '../../fixture.ts';

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
};
