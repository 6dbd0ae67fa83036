import { type Fixtures, json } from '../fixture.ts';

export const staticFilesFixtures: Fixtures = {
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
    because: ['No build: the folder has index.html and is published as it is.'],
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
  'plain HTML with a project of another language beside it': {
    files: { 'index.html': '', 'main.go': '', 'go.mod': 'module x', 'style.css': '' },
    plan: { type: 'web', framework: null, buildCommand: null, outputs: ['.'] },
  },
};
