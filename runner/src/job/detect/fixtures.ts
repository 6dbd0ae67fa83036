/** All fixtures, by kind. */
import type { Fixtures } from './fixture.ts';
import { hostileFixtures } from './hostile.fixtures.ts';
import { nativeAndroidFixtures } from './rules/android/native.fixtures.ts';
import {
  capacitorFixtures,
  cordovaFixtures,
  expoFixtures,
  reactNativeFixtures,
} from './rules/android/shells.fixtures.ts';
import {
  electronFixtures,
  executableFixtures,
  neutralinoAndWailsFixtures,
} from './rules/desktop/desktop.fixtures.ts';
import { tauriFixtures } from './rules/desktop/tauri.fixtures.ts';
import { flutterFixtures } from './rules/flutter/flutter.fixtures.ts';
import { documentationFixtures } from './rules/web/documentation.fixtures.ts';
import { generatorFixtures } from './rules/web/generator.fixtures.ts';
import { metaFrameworkFixtures } from './rules/web/meta-framework.fixtures.ts';
import { nothingFixtures } from './rules/web/nothing.fixtures.ts';
import { packageManagerFixtures } from './rules/web/package-manager.fixtures.ts';
import { pwaFixtures } from './rules/web/pwa.fixtures.ts';
import { settingsFixtures } from './rules/web/settings.fixtures.ts';
import { singlePageFixtures } from './rules/web/single-page.fixtures.ts';
import { staticFilesFixtures } from './rules/web/static-files.fixtures.ts';
import { workspaceFixtures } from './rules/web/workspace.fixtures.ts';

export const FIXTURES: Readonly<Record<string, Fixtures>> = {
  'single-page sites': singlePageFixtures,
  'meta-frameworks': metaFrameworkFixtures,
  'documentation and blogs': documentationFixtures,
  'other generators': generatorFixtures,
  'plain HTML': staticFilesFixtures,
  PWA: pwaFixtures,
  monorepos: workspaceFixtures,
  'package managers': packageManagerFixtures,
  settings: settingsFixtures,
  'native Android': nativeAndroidFixtures,
  Flutter: flutterFixtures,
  'React Native': reactNativeFixtures,
  Expo: expoFixtures,
  'Capacitor and Ionic': capacitorFixtures,
  'Cordova and Ionic': cordovaFixtures,
  Electron: electronFixtures,
  Tauri: tauriFixtures,
  'Neutralinojs and Wails': neutralinoAndWailsFixtures,
  executables: executableFixtures,
  'nothing to build': nothingFixtures,
  'ambiguous and hostile': hostileFixtures,
};
