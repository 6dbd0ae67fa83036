import { type Fixtures, json } from '../../fixture.ts';

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
    message: 'Nothing to build was found',
    hint: 'set a build command',
  },
};
