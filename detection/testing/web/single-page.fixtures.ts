import { type Fixtures, json, npmCi, npmLock, pkg } from '../fixture.ts';

export const singlePageFixtures: Fixtures = {
  'Vite with React': {
    files: {
      ...npmLock,
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
      'Output: dist, the default of Vite.',
      'Install command: npm ci, which installs exactly what package-lock.json lists.',
    ],
  },
  'Vite with another outDir': {
    files: {
      'package.json': pkg({ vite: '8.0.0' }, 'vite build'),
      'vite.config.js':
        "// outDir: 'no'\nexport default { base: 'https://x/', build: { outDir: './public_html' } }",
    },
    plan: { framework: 'vite', outputs: ['public_html'], installCommand: 'npm install' },
    because: ['Output: public_html, from vite.config.js.'],
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
    because: ['Output: site, from the build script.'],
  },
  'Vite without a build script': {
    files: { 'package.json': pkg({ vite: '8.0.0' }), 'index.html': '' },
    plan: { framework: 'vite', buildCommand: 'npx vite build', outputs: ['dist'] },
    because: ['Build command: npx vite build, the default of Vite.'],
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
  Stencil: {
    files: { 'package.json': pkg({ '@stencil/core': '4.0.0' }, 'stencil build') },
    plan: { framework: 'stencil', outputs: ['www'] },
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
    because: ['Framework: none that AppFlux supports; package.json has a build script.'],
  },
  'an own build script beside folders with usual names': {
    files: { 'package.json': pkg({}, 'node make.js'), 'build/tool.js': '', 'public/favicon.ico': '' },
    plan: { outputs: ['dist', 'out', '_site', 'www', 'build', 'public'] },
  },
  'a bundler told where to write': {
    files: { 'bun.lock': '', 'package.json': pkg({}, 'bun build ./index.html --outdir=./site --minify') },
    plan: { framework: null, buildCommand: 'bun run build', outputs: ['site'] },
  },
};
