import { type Fixtures, pkg } from '../fixture.ts';

export const documentationFixtures: Fixtures = {
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
  Hexo: {
    files: { 'package.json': pkg({ hexo: '7.0.0' }, 'hexo generate'), '_config.yml': 'title: x' },
    plan: { framework: 'hexo', outputs: ['public'] },
  },
  'Storybook of a library without a build of its own': {
    files: {
      'package.json': pkg({ react: '19.0.0', vite: '8.0.0' }, undefined, {
        scripts: { storybook: 'storybook dev -p 6006', 'build-storybook': 'storybook build -o public/book' },
        devDependencies: { storybook: '9.0.0' },
      }),
    },
    plan: { framework: 'storybook', buildCommand: 'npm run build-storybook', outputs: ['public/book'] },
  },
  'Storybook beside a site: the site': {
    files: {
      'package.json': pkg({ vite: '8.0.0' }, undefined, {
        scripts: { build: 'vite build', 'build-storybook': 'storybook build' },
        devDependencies: { storybook: '9.0.0' },
      }),
    },
    plan: { framework: 'vite', outputs: ['dist'] },
  },
};
