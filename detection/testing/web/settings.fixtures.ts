import { type Fixtures, json, npmCi, npmLock, pkg } from '../fixture.ts';

export const settingsFixtures: Fixtures = {
  'an app that is set to a framework': {
    settings: { framework: 'Create React App' },
    files: { 'package.json': pkg({ vite: '8.0.0', 'react-scripts': '5.0.0' }, 'react-scripts build') },
    plan: { framework: 'create-react-app', outputs: ['build'] },
    because: ['Framework: Create React App, from the app’s settings.'],
  },
  'an app that is set to nextjs': {
    settings: { framework: 'nextjs' },
    files: {
      'package.json': pkg({}, 'next build'),
      'next.config.js': 'module.exports = { output: "export" }',
    },
    plan: { framework: 'next', outputs: ['out'] },
  },
  'an app that is set to html': {
    settings: { framework: 'html' },
    files: { 'index.html': '', 'package.json': pkg({ vite: '8.0.0' }, 'vite build') },
    plan: { framework: null, buildCommand: null, outputs: ['.'] },
  },
  'settings of the app before all else': {
    settings: { installCommand: 'npm i -f', buildCommand: 'make site', outputs: ['web'], node: '20' },
    type: 'pwa',
    files: {
      ...npmLock,
      'package.json': pkg({ vite: '8.0.0' }, 'vite build'),
      'appflux.json': json({
        type: 'web',
        installCommand: 'no',
        buildCommand: 'no',
        outputs: ['no'],
        node: '18',
      }),
    },
    plan: {
      type: 'pwa',
      framework: 'vite',
      installCommand: 'npm i -f',
      buildCommand: 'make site',
      outputs: ['web'],
      node: '20',
    },
    because: ['Build command: make site, because the app says so.', 'Output: web, because the app says so.'],
  },
  'appflux.json before what is found': {
    files: {
      ...npmLock,
      'package.json': pkg({ vite: '8.0.0' }, 'vite build'),
      'appflux.json': json({
        $schema: 'https://x/',
        type: 'pwa',
        image: 'x/y',
        buildCommand: 'npm run site',
        outputs: ['web', 'dist'],
        node: '18',
      }),
    },
    plan: {
      type: 'pwa',
      image: 'x/y',
      installCommand: npmCi,
      buildCommand: 'npm run site',
      outputs: ['web', 'dist'],
      node: '18',
    },
    because: [
      'Settings read from appflux.json.',
      'Build command: npm run site, because appflux.json says so.',
    ],
  },
  'outputs that are set for a project that needs a server': {
    settings: { outputs: ['out'] },
    files: { 'package.json': pkg({ next: '16.0.0' }, 'next build') },
    plan: { framework: null, outputs: ['out'], buildCommand: 'npm run build', installCommand: 'npm install' },
  },
  'a build command that is set where nothing is found': {
    settings: { buildCommand: './make.sh' },
    files: { 'make.sh': '', 'build/x': '' },
    plan: {
      type: 'web',
      buildCommand: './make.sh',
      installCommand: null,
      outputs: ['dist', 'out', '_site', 'www', 'public'],
    },
  },
  'a build command that is set beside an index.html': {
    settings: { buildCommand: 'sh make.sh' },
    files: { 'make.sh': '', 'index.html': '' },
    plan: { buildCommand: 'sh make.sh', outputs: ['dist', 'build', 'out', '_site', 'www', 'public', '.'] },
  },
  'an android app that says all by itself': {
    type: 'android',
    settings: { buildCommand: './gradlew assembleRelease', outputs: ['app/**/*.apk'] },
    files: { gradlew: '' },
    plan: { type: 'android', image: 'appflux/android-builder', outputs: ['app/**/*.apk'] },
  },
  'a type that the source is not made for': {
    type: 'desktop',
    files: { 'package.json': pkg({ vite: '8.0.0' }, 'vite build') },
    message: 'Found nothing to build at the top of the source. Looked for Flutter',
    hint: 'set a build command and outputs',
  },
  'a framework that nobody knows': {
    settings: { framework: 'nextt' },
    files: { 'package.json': pkg({}) },
    code: 'settings_invalid',
    message: 'The app’s framework "nextt" is unknown. Did you mean "next"?',
    hint: 'set it to auto-detect',
  },
  'an output that leads out': {
    files: { 'index.html': '', 'appflux.json': json({ outputs: ['a/../../b'] }) },
    code: 'settings_invalid',
    message: 'appflux.json, "outputs.0": An output must be inside the root directory.',
    hint: 'appflux.json',
  },
  'an output that would take for ever to match': {
    settings: { outputs: ['*a*a*a*'] },
    files: { 'index.html': '' },
    code: 'settings_invalid',
    message: 'has more than 2 wildcards in one path segment',
    hint: 'outputs',
  },
};
