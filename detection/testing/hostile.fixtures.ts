/** Sources that are ambiguous, or made to mislead or exhaust detection. */
import { type Fixtures, json, pkg } from './fixture.ts';

const MB = 1024 * 1024;
const androidApp = "plugins { id 'com.android.application' }\n";

export const hostileFixtures: Fixtures = {
  'a site and an Android app in one folder: the app, with the site to choose': {
    files: {
      'package.json': pkg({ vite: '8.0.0' }, 'vite build'),
      'index.html': '',
      'settings.gradle': "include ':app'",
      'app/build.gradle': androidApp,
    },
    plan: { type: 'android', framework: 'android' },
    because: ['It could also be built as web with vite: set the type of the app to "web".'],
  },
  'Electron and Capacitor around one site': {
    files: {
      'package.json': pkg(
        {
          '@capacitor/core': '7.0.0',
          '@capacitor/android': '7.0.0',
          '@capacitor/cli': '7.0.0',
          vite: '8.0.0',
        },
        'vite build',
        { devDependencies: { electron: '38.0.0', 'electron-builder': '26.0.0' } },
      ),
      'capacitor.config.ts': '',
    },
    plan: { type: 'desktop', framework: 'electron' },
    because: [
      'It could also be built as android with capacitor: set the type of the app to "android".',
      'It could also be built as web with vite: set the type of the app to "web".',
    ],
  },
  'the same, with the framework chosen': {
    settings: { framework: 'capacitor' },
    files: {
      'package.json': pkg(
        { '@capacitor/core': '7.0.0', '@capacitor/android': '7.0.0', electron: '38.0.0', vite: '8.0.0' },
        'vite build',
      ),
      'capacitor.config.ts': '',
    },
    plan: { type: 'android', framework: 'capacitor' },
  },
  'two kinds of desktop app, with the type set': {
    type: 'desktop',
    files: {
      'package.json': pkg({ electron: '38.0.0', 'electron-builder': '26.0.0' }),
      'src-tauri/tauri.conf.json': json({ identifier: 'a.b' }),
    },
    plan: { framework: 'tauri' },
    because: ['It could also be built with electron: set the framework of the app to "electron".'],
  },
  'a framework that the source does not fit': {
    settings: { framework: 'flutter' },
    files: { 'package.json': pkg({ vite: '8.0.0' }, 'vite build') },
    code: 'settings_invalid',
    message: 'The app’s framework is flutter, but the source doesn’t match it.',
    hint: 'Set the framework of the app to auto-detect',
  },
  'a framework that makes another type': {
    settings: { framework: 'tauri' },
    type: 'android',
    files: { 'src-tauri/tauri.conf.json': '{}' },
    code: 'settings_invalid',
    message: 'The app’s framework is tauri, which can’t build an app of type android.',
    hint: 'Set the framework of the app to auto-detect',
  },
  'a package.json of a megabyte': {
    files: {
      'package.json': pkg({ vite: '8.0.0' }, 'vite build', {
        devDependencies: Object.fromEntries(
          Array.from({ length: 20_000 }, (_, i) => [`package-number-${i}`, '*']),
        ),
        keywords: ['x'.repeat(400_000)],
      }),
    },
    plan: { framework: 'vite', outputs: ['dist'] },
  },
  'a package.json that is nested without end': {
    files: { 'package.json': `{"a":${'['.repeat(200_000)}` },
    code: 'source_invalid',
    message: '"package.json" is not valid JSON',
  },
  'a build.gradle of a megabyte, of open strings and braces': {
    files: {
      'settings.gradle': "include ':app'",
      'app/build.gradle': `${androidApp}android { productFlavors {${' a {"{'.repeat(MB / 7)}`,
    },
    plan: { framework: 'android', buildCommand: 'gradle :app:assembleRelease' },
  },
  'a build.gradle of a megabyte of blanks': {
    files: {
      'settings.gradle': `include${' '.repeat(MB)}':app'\ninclude ':app'`,
      'app/build.gradle': `${androidApp}versionName${' '.repeat(MB)}= "1"\nversionName${'\t'.repeat(MB)}`,
    },
    plan: { framework: 'android' },
    version: null,
  },
  'a settings.gradle that includes a module a hundred thousand times': {
    files: { 'settings.gradle': "include ':app'\n".repeat(60_000), 'app/build.gradle': androidApp },
    plan: { buildCommand: 'gradle :app:assembleRelease' },
  },
  'a module that leads out of the source': {
    files: {
      'settings.gradle': "include ':app'\nproject(':app').projectDir = file('../../../etc')",
      'app/build.gradle': androidApp,
      'index.html': '',
    },
    plan: { type: 'web', framework: null },
  },
  'a pubspec.yaml of aliases of aliases': {
    files: {
      'pubspec.yaml': `a0: &a0 [x,x,x,x,x,x,x,x,x]\n${Array.from({ length: 12 }, (_, i) => `a${i + 1}: &a${i + 1} [${Array.from({ length: 9 }, () => `*a${i}`).join(',')}]`).join('\n')}\n`,
      'index.html': '',
    },
    plan: { type: 'web', framework: null },
  },
  'a pubspec.yaml that is no YAML': {
    files: { 'pubspec.yaml': ': : :\n\t- [', 'index.html': '' },
    plan: { type: 'web', outputs: ['.'] },
  },
  'YAML of a thousand question marks in a line': {
    files: {
      'pubspec.yaml': '? '.repeat(16_000),
      'pnpm-workspace.yaml': '- '.repeat(16_000),
      'index.html': '',
    },
    plan: { type: 'web' },
  },
  'a version catalog that is no TOML': {
    files: {
      'settings.gradle': "include ':app'",
      'gradle/libs.versions.toml': '[versions\nagp = ',
      'app/build.gradle': 'plugins { alias(libs.plugins.android.application) }',
    },
    plan: { framework: 'android' },
  },
  'a script name that is a command': {
    files: {
      'package.json': json({
        devDependencies: { electron: '1.0.0', 'electron-builder': '1.0.0' },
        scripts: { 'x; reboot': 'electron-builder' },
      }),
    },
    plan: { buildCommand: 'npx electron-builder --linux --publish never' },
  },
  'electron-builder’s output outside the source': {
    files: {
      'package.json': json({
        devDependencies: { electron: '1.0.0', 'electron-builder': '1.0.0' },
        build: { directories: { output: '../../etc' } },
      }),
    },
    plan: { outputs: ['dist/*.{AppImage,deb,rpm,snap,flatpak,pacman,exe,msi,dmg,zip,tar.gz,7z}'] },
  },
  'a version that is a path': {
    files: {
      'pubspec.yaml': 'version: ../../x\ndependencies: {flutter: {sdk: flutter}}\n',
      'lib/main.dart': '',
      'web/index.html': '',
    },
    plan: { framework: 'flutter', type: 'web' },
    version: null,
  },
  'names of Object.prototype': {
    files: {
      'package.json':
        '{"__proto__":{"polluted":true},"scripts":{"constructor":"x","__proto__":"y"},"workspaces":{"__proto__":["*"]}}',
      'index.html': '',
    },
    plan: { type: 'web', buildCommand: null, outputs: ['.'] },
  },
};
