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
  'a program with its pages for GitHub in a folder': {
    files: { 'pyproject.toml': '', 'docs/_config.yml': 'theme: minima', 'docs/index.md': '' },
    message: 'this looks like a Python project (pyproject.toml)',
    hint: 'There is a project in "docs": set the root directory of the app to that folder.',
  },
  'one page by another name': {
    files: { 'landing.html': '<h1>Hi</h1>', 'a.css': '' },
    message:
      'Found nothing to build at the top of the source: the only page is called "landing.html", not index.html.',
    hint: 'Rename it to index.html, in lower case, and correct the links to it.',
  },
  'a start page with a capital letter': {
    files: { 'Index.html': '', 'about.html': '' },
    message: 'the start page is called "Index.html", not index.html.',
    hint: 'Rename it to index.html, in lower case',
  },
  'a start page of a server on Windows': {
    files: { 'index.htm': '' },
    message: 'the only page is called "index.htm", not index.html.',
    hint: 'Rename it to index.html',
  },
  'pages without a start page': {
    files: { 'a.html': '', 'b.htm': '', 'c/d.html': '' },
    message: 'there are pages ("a.html", "b.htm"), but none is called index.html.',
    hint: 'Rename the start page to index.html, in lower case.',
  },
  'a page by another name beside tools of Node': {
    files: { 'package.json': json({ name: 'x' }), 'landing.html': '' },
    message: 'the only page is called "landing.html", not index.html.',
    hint: 'Rename it',
  },
  'a page by another name beside a project in a folder': {
    files: { 'notes.html': '', 'web/package.json': '{}' },
    message: 'the only page is called "notes.html"',
    hint: 'There is a project in "web": set the root directory of the app to that folder.',
  },
};
