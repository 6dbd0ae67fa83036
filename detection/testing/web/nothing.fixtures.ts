import { type Fixtures, json } from '../fixture.ts';

export const nothingFixtures: Fixtures = {
  'an empty source': {
    files: { 'README.md': '' },
    message:
      'Nothing to build was found at the top of the source; looked for Flutter (pubspec.yaml), Tauri (tauri.conf.json),',
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
    message:
      'Nothing to build was found at the top of the source: package.json has no build script, and depends on no framework that AppFlux knows.',
    hint: 'Add a script "build" to package.json, or set a build command and outputs',
  },
  'a package.json without a build script beside a project in a subfolder': {
    files: { 'package.json': json({ name: 'tools' }), 'site/package.json': '{}' },
    message: 'package.json has no build script',
    hint: 'There is a project in "site": set the root directory of the App to that folder.',
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
    message: 'package.json has a script to start a server (express), and none to build. AppFlux publishes',
    hint: 'Deploy the folder with the part that people open',
  },
  'a project in another language': {
    files: { 'requirements.txt': '', 'app.py': '' },
    message:
      'Nothing to build was found at the top of the source: it looks like a Python project (requirements.txt), which AppFlux does not build by itself.',
    hint: 'an image that has its tools',
  },
};
