import { type Fixtures, json } from '../fixture.ts';

export const nothingFixtures: Fixtures = {
  'an empty source': {
    files: { 'README.md': '' },
    message:
      'Found nothing to build at the top of the source. Looked for Flutter (pubspec.yaml), Tauri (tauri.conf.json),',
    hint: 'Set the root directory if the project is in a subfolder',
  },
  'a project in subfolders': {
    files: {
      'README.md': '',
      'frontend/package.json': '{}',
      'frontend/src/index.html': '',
      'api/package.json': '{}',
    },
    message: 'Found nothing to build',
    hint: 'There are projects in "api", "frontend": set the root directory of the app to that folder.',
  },
  'a package.json that builds nothing': {
    files: { 'package.json': json({ name: 'lib', main: 'index.js' }) },
    message:
      'Found nothing to build at the top of the source: package.json has no build script and no dependency on a framework that AppFlux supports.',
    hint: 'Add a "build" script to package.json, or set a build command and outputs',
  },
  'a package.json without a build script beside a project in a subfolder': {
    files: { 'package.json': json({ name: 'tools' }), 'site/package.json': '{}' },
    message: 'package.json has no build script',
    hint: 'There is a project in "site": set the root directory of the app to that folder.',
  },
  'a server program': {
    files: {
      'package.json': json({
        name: 'api',
        scripts: { start: 'node server.js' },
        dependencies: { express: '5' },
      }),
      'server.js': '',
    },
    message:
      'This is an Express server: the script start runs server.js. This instance publishes static files; it doesn’t run servers.',
    hint: 'If a subfolder has a front end',
  },
  'a server program that a script of its own starts': {
    files: {
      'package.json': json({
        name: 'api',
        scripts: { start: './run.sh' },
        dependencies: { express: '5' },
      }),
    },
    message: 'a server (express), but the script names no file that AppFlux can run',
    hint: 'node server.js',
  },
  'a project in another language': {
    files: { 'requirements.txt': '', 'app.py': '' },
    message:
      'Found nothing to build at the top of the source: this looks like a Python project (requirements.txt), which AppFlux can’t build automatically.',
    hint: 'an image that has its tools',
  },
};
