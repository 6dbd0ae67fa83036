/** React Native, Expo, Capacitor, Cordova and Ionic, as their templates and documents lay them out. */
import { type Fixtures, json, npmLock, pkg, type SourceFiles } from '../fixture.ts';

/** The Android part of a project, below a folder. */
const androidIn = (folder: string, settings = "include ':app'", app = ''): SourceFiles => ({
  [`${folder}/gradlew`]: '',
  [`${folder}/gradle/wrapper/gradle-wrapper.jar`]: '',
  [`${folder}/gradle/wrapper/gradle-wrapper.properties`]: '',
  [`${folder}/settings.gradle`]: settings,
  [`${folder}/build.gradle`]: 'buildscript { dependencies { classpath("com.android.tools.build:gradle") } }',
  [`${folder}/app/build.gradle`]: `apply plugin: "com.android.application"\nandroid { defaultConfig { versionName "1.0"\n${app} } }`,
});

const gradle = 'cd android && sh ./gradlew :app:assembleRelease :app:bundleRelease';
const outputs = ['android/app/build/outputs/apk/**/*.apk', 'android/app/build/outputs/bundle/**/*.aab'];
const reactNative = { react: '19.1.0', 'react-native': '0.81.0' };

export const reactNativeFixtures: Fixtures = {
  'the template of the community’s command line tool': {
    files: {
      'yarn.lock': '',
      'package.json': pkg(reactNative, undefined, { version: '0.0.1' }),
      'app.json': json({ name: 'Awesome', displayName: 'Awesome' }),
      'metro.config.js': '',
      'index.js': '',
      'App.tsx': '',
      ...androidIn(
        'android',
        'includeBuild("../node_modules/@react-native/gradle-plugin")\ninclude \':app\'',
      ),
      'ios/Podfile': '',
    },
    plan: {
      type: 'android',
      framework: 'react-native',
      image: 'appflux/android-builder',
      packageManager: 'yarn',
      installCommand: 'yarn install --frozen-lockfile',
      buildCommand: gradle,
      outputs,
    },
    because: ['Framework: React Native, because package.json depends on react-native.'],
    version: '1.0',
  },
  'flavors, with npm': {
    files: {
      ...npmLock,
      'package.json': pkg(reactNative),
      ...androidIn('android', "include ':app'", 'productFlavors { staging { }\n live { } }'),
    },
    plan: { installCommand: 'npm ci', buildCommand: gradle },
    because: ['Output: the release build of each flavor ("staging", "live").'],
  },
  'with a site beside it: React Native for Web and Vite': {
    files: {
      'package.json': pkg({ ...reactNative, 'react-native-web': '0.21.0', vite: '8.0.0' }, 'vite build'),
      'index.html': '',
      ...androidIn('android'),
    },
    plan: { type: 'android', framework: 'react-native' },
    because: ['It could also be built as web with vite: set the type of the app to "web".'],
  },
  'the site of such a project, when that is what the app is': {
    type: 'web',
    files: {
      'package.json': pkg({ ...reactNative, 'react-native-web': '0.21.0', vite: '8.0.0' }, 'vite build'),
      'index.html': '',
      ...androidIn('android'),
    },
    plan: { type: 'web', framework: 'vite', outputs: ['dist'] },
  },
  'for iOS alone': {
    files: { 'package.json': pkg(reactNative), 'ios/Podfile': '', 'app.json': '{}' },
    message: 'The folder android of this React Native project has no Android application',
    hint: 'Add one (',
  },
  'an app in a Yarn workspace': {
    files: {
      'yarn.lock': '',
      'package.json': json({ private: true, workspaces: { packages: ['apps/*', 'packages/*'] } }),
      'apps/mobile/package.json': pkg(reactNative),
      ...androidIn('apps/mobile/android'),
      'packages/ui/package.json': pkg({}, 'tsc', { peerDependencies: { 'react-native': '*' } }),
    },
    plan: {
      framework: 'react-native',
      packageManager: 'yarn',
      buildCommand: `cd apps/mobile && ${gradle}`,
      outputs: outputs.map((output) => `apps/mobile/${output}`),
    },
  },
};

const expoPrebuild = (runner: string) =>
  `${runner} expo prebuild --platform android --no-install && ${gradle}`;

export const expoFixtures: Fixtures = {
  'create-expo-app': {
    files: {
      ...npmLock,
      'package.json': pkg({
        expo: '~54.0.0',
        'expo-router': '~6.0.0',
        ...reactNative,
        'react-native-web': '0.21.0',
      }),
      'app.json': json({ expo: { name: 'x', slug: 'x', version: '1.5.0', web: { output: 'static' } } }),
      'app/_layout.tsx': '',
      'app/index.tsx': '',
    },
    plan: {
      type: 'android',
      framework: 'expo',
      image: 'appflux/android-builder',
      installCommand: 'npm ci',
      buildCommand: expoPrebuild('npx'),
      outputs,
    },
    because: [
      'Framework: Expo, because package.json depends on expo.',
      `Build command: ${expoPrebuild('npx')}; "expo prebuild" generates the folder android first.`,
      'It could also be built as web with expo: set the type of the app to "web".',
    ],
    version: '1.5.0',
  },
  'with expo-updates, which also exports an update': {
    files: {
      ...npmLock,
      'package.json': pkg({ expo: '~54.0.0', 'expo-updates': '~29.0.0', ...reactNative }),
      'app.json': json({ expo: { runtimeVersion: { policy: 'fingerprint' } } }),
      'App.js': '',
    },
    plan: {
      framework: 'expo',
      buildCommand: `npx expo prebuild --platform android --no-install && npx expo export --platform android --output-dir dist-update && npx expo config --type public --json > dist-update/expoConfig.json && (npx expo-updates runtimeversion:resolve --platform android > dist-update/runtime-version.android.json || true) && ${gradle}`,
      outputs: [...outputs, 'dist-update'],
    },
    because: [
      'Output dist-update: an update for installed apps, because package.json depends on expo-updates.',
    ],
  },
  'the blank template': {
    files: {
      'package.json': pkg({ expo: '~54.0.0', ...reactNative }),
      'app.json': json({ expo: {} }),
      'App.js': '',
    },
    plan: { framework: 'expo', buildCommand: expoPrebuild('npx') },
    version: '1.2.3',
  },
  'with pnpm and a configuration in TypeScript': {
    files: {
      'pnpm-lock.yaml': '',
      'package.json': pkg({ expo: '~53.0.0', ...reactNative }),
      'app.config.ts': "export default { version: '9.9.9' }",
    },
    plan: { packageManager: 'pnpm', buildCommand: expoPrebuild('pnpm exec') },
  },
  'with an Android folder that is kept': {
    files: {
      'package.json': pkg({ expo: '~54.0.0', ...reactNative }),
      'app.json': '{"expo":{}}',
      ...androidIn('android'),
    },
    plan: { framework: 'expo', buildCommand: gradle, outputs },
  },
  'its web version, when the app is a site': {
    type: 'web',
    files: { 'package.json': pkg({ expo: '54.0.0', 'react-native-web': '0.21.0' }), 'app.json': '{}' },
    plan: { type: 'web', framework: 'expo', buildCommand: 'npx expo export -p web', outputs: ['dist'] },
  },
  'without web support, when the app is a site': {
    type: 'web',
    files: { 'package.json': pkg({ expo: '54.0.0' }), 'app.json': '{}' },
    message: 'Expo app has no web support',
    hint: 'react-native-web',
  },
  'in a pnpm workspace beside a site': {
    files: {
      'pnpm-lock.yaml': '',
      'pnpm-workspace.yaml': 'packages:\n  - apps/*\n',
      'package.json': json({ private: true }),
      'apps/native/package.json': pkg({ expo: '54.0.0', ...reactNative }),
      'apps/native/app.json': '{"expo":{"version":"2.0.0"}}',
      'apps/web/package.json': pkg({ vite: '8.0.0' }, 'vite build'),
    },
    plan: {
      type: 'android',
      framework: 'expo',
      installCommand: 'pnpm install --frozen-lockfile',
      buildCommand: `cd apps/native && ${expoPrebuild('pnpm exec')}`,
    },
    because: ['It could also be built as web with vite: set the type of the app to "web".'],
    version: '2.0.0',
  },
};

const capacitor = { '@capacitor/core': '7.0.0', '@capacitor/android': '7.0.0' };
const cli = { '@capacitor/cli': '7.0.0' };

export const capacitorFixtures: Fixtures = {
  'the Android template of Capacitor 8, which needs Java 21': {
    files: {
      ...npmLock,
      'package.json': pkg(
        { '@capacitor/core': '^8.5.0', '@capacitor/android': '^8.5.0', vite: '8.0.0' },
        'vite build',
        {
          version: '2.0.0',
        },
      ),
      'index.html': '',
      'capacitor.config.ts': '',
      ...androidIn('android', "include ':app'\ninclude ':capacitor-cordova-android-plugins'"),
    },
    plan: {
      framework: 'capacitor',
      java: '21',
      buildCommand: `npm run build && npx cap sync android && ${gradle}`,
    },
    because: ['Java: 21, because Capacitor 8 requires it.'],
    version: '2.0.0',
  },
  'Vite with an Android folder': {
    files: {
      ...npmLock,
      'package.json': pkg({ ...capacitor, vue: '3.5.0' }, 'vite build', {
        devDependencies: { ...cli, vite: '8.0.0' },
      }),
      'capacitor.config.ts': "export default { appId: 'a.b', webDir: 'dist' }",
      'index.html': '',
      ...androidIn('android', "include ':app'\ninclude ':capacitor-cordova-android-plugins'"),
    },
    plan: {
      type: 'android',
      framework: 'capacitor',
      image: 'appflux/android-builder',
      installCommand: 'npm ci',
      buildCommand: `npm run build && npx cap sync android && ${gradle}`,
      outputs,
    },
    because: [
      'Framework: Capacitor, because of capacitor.config.ts.',
      'It could also be built as web with vite: set the type of the app to "web".',
    ],
    version: '1.2.3',
  },
  'an Android folder that is not kept': {
    files: {
      'package.json': pkg({ ...capacitor, ...cli, vite: '8.0.0' }, 'vite build'),
      'capacitor.config.json': '{"webDir":"dist"}',
    },
    plan: { buildCommand: `npm run build && npx cap add android && ${gradle}` },
  },
  'plain pages in www': {
    files: {
      'package.json': pkg({ ...capacitor, ...cli }),
      'capacitor.config.json': '{"webDir":"www"}',
      'www/index.html': '',
    },
    plan: { framework: 'capacitor', buildCommand: `npx cap add android && ${gradle}` },
  },
  'Nuxt, which has to be generated': {
    files: {
      'package.json': pkg({ ...capacitor, ...cli, nuxt: '4.0.0' }, 'nuxt build'),
      'capacitor.config.ts': '',
      ...androidIn('android'),
    },
    plan: { buildCommand: `npx nuxt generate && npx cap sync android && ${gradle}` },
  },
  'Ionic with Angular': {
    files: {
      'package.json': pkg(
        { ...capacitor, '@ionic/angular': '8.0.0', '@angular/core': '20.0.0' },
        'ng build',
        {
          devDependencies: { '@angular/cli': '20.0.0', ...cli },
        },
      ),
      'ionic.config.json': '{}',
      'capacitor.config.ts': '',
      'angular.json': '{"projects":{"app":{}}}',
      ...androidIn('android'),
    },
    plan: { framework: 'ionic', buildCommand: `npm run build && npx cap sync android && ${gradle}` },
    because: ['Framework: Ionic with Capacitor, because of capacitor.config.ts.'],
  },
  'Ionic with React, set as the app’s framework': {
    settings: { framework: 'Ionic' },
    files: {
      'package.json': pkg(
        { ...capacitor, ...cli, '@ionic/react': '8.0.0', vite: '8.0.0' },
        'tsc && vite build',
      ),
      'capacitor.config.ts': '',
      ...androidIn('android'),
    },
    plan: { framework: 'ionic', type: 'android' },
  },
  'for iOS alone: the site is built': {
    files: {
      'package.json': pkg(
        { '@capacitor/core': '7.0.0', '@capacitor/ios': '7.0.0', vite: '8.0.0' },
        'vite build',
      ),
      'capacitor.config.ts': '',
    },
    plan: { type: 'web', framework: 'vite' },
  },
  'for iOS alone, when the app is for Android': {
    type: 'android',
    files: {
      'package.json': pkg(
        { '@capacitor/core': '7.0.0', '@capacitor/ios': '7.0.0', vite: '8.0.0' },
        'vite build',
      ),
      'capacitor.config.ts': '',
    },
    message: 'This Capacitor project has no Android platform.',
    hint: 'npx cap add android',
  },
};

const widget = (inside = '') =>
  `<?xml version='1.0' encoding='utf-8'?>\n<widget id="io.cordova.hello" version="1.3.0" xmlns="http://www.w3.org/ns/widgets">\n<name>Hello</name>${inside}</widget>`;
const cordovaBuild = (runner: string) => `${runner} cordova build android --release -- --packageType=apk`;

export const cordovaFixtures: Fixtures = {
  'cordova create, with Android added': {
    files: {
      'config.xml': widget(),
      'www/index.html': '',
      'package.json': json({
        name: 'io.cordova.hello',
        version: '1.0.0',
        devDependencies: { 'cordova-android': '^14.0.0' },
        cordova: { platforms: ['android'] },
      }),
    },
    plan: {
      type: 'android',
      framework: 'cordova',
      image: 'appflux/android-builder',
      installCommand: 'npm install',
      buildCommand: `npx --yes cordova prepare android && ${cordovaBuild('npx --yes')}`,
      outputs: [
        'platforms/android/app/build/outputs/apk/**/*.apk',
        'platforms/android/app/build/outputs/bundle/**/*.aab',
      ],
    },
    version: '1.3.0',
  },
  'cordova create, without a platform': {
    files: { 'config.xml': widget(), 'www/index.html': '', 'package.json': pkg({}) },
    plan: { buildCommand: `npx --yes cordova platform add android && ${cordovaBuild('npx --yes')}` },
    because: ['It could also be built as web without a framework: set the type of the app to "web".'],
  },
  'with Cordova as a dependency, and an engine in config.xml': {
    files: {
      ...npmLock,
      'config.xml': widget('<engine name="android" spec="12.0.0" />'),
      'package.json': pkg({ cordova: '12.0.0' }),
    },
    plan: { buildCommand: `npx cordova prepare android && ${cordovaBuild('npx')}` },
  },
  'Ionic 3, whose pages are built first': {
    files: {
      'config.xml': widget('<engine name="android" spec="7.0.0" />'),
      'ionic.config.json': '{}',
      'package.json': pkg(
        { 'ionic-angular': '3.9.0', '@ionic/app-scripts': '3.0.0' },
        'ionic-app-scripts build',
      ),
    },
    plan: {
      framework: 'ionic',
      buildCommand: `npm run build && npx --yes cordova prepare android && ${cordovaBuild('npx --yes')}`,
    },
    because: ['Framework: Ionic with Cordova, because of config.xml.'],
  },
  'another program’s config.xml': {
    files: { 'config.xml': '<configuration><widgets/></configuration>', 'index.html': '' },
    plan: { type: 'web', framework: null, outputs: ['.'] },
  },
};
