/** All fixtures, by kind. */

import { nativeAndroidFixtures } from './android/native.fixtures.ts';
import {
  capacitorFixtures,
  cordovaFixtures,
  expoFixtures,
  reactNativeFixtures,
} from './android/shells.fixtures.ts';
import {
  electronFixtures,
  executableFixtures,
  neutralinoAndWailsFixtures,
} from './desktop/desktop.fixtures.ts';
import { tauriFixtures } from './desktop/tauri.fixtures.ts';
import type { Fixtures } from './fixture.ts';
import { flutterFixtures } from './flutter/flutter.fixtures.ts';
import { hostileFixtures } from './hostile.fixtures.ts';
import { outOfScopeFixtures } from './real/refused.fixtures.ts';
import { inScopeFixtures } from './real/sites.fixtures.ts';
import { documentationFixtures } from './web/documentation.fixtures.ts';
import { generatorFixtures } from './web/generator.fixtures.ts';
import { jekyllFixtures } from './web/jekyll.fixtures.ts';
import { metaFrameworkFixtures } from './web/meta-framework.fixtures.ts';
import { nodeFixtures } from './web/node-server.fixtures.ts';
import { libraryFixtures, productFixtures, unbuiltFixtures } from './web/not-a-site.fixtures.ts';
import { foreignServerFixtures, notServerFixtures } from './web/not-server.fixtures.ts';
import { nothingFixtures } from './web/nothing.fixtures.ts';
import { appFixtures, outputFixtures } from './web/outputs.fixtures.ts';
import { packageManagerFixtures } from './web/package-manager.fixtures.ts';
import { pwaFixtures } from './web/pwa.fixtures.ts';
import { serverStarterFixtures } from './web/server.fixtures.ts';
import { serverMonorepoFixtures } from './web/server-monorepo.fixtures.ts';
import { serverSettingsFixtures, serverWorkspaceFixtures } from './web/server-settings.fixtures.ts';
import { settingsFixtures } from './web/settings.fixtures.ts';
import { singlePageFixtures } from './web/single-page.fixtures.ts';
import { starterFixtures } from './web/starters.fixtures.ts';
import { staticFilesFixtures } from './web/static-files.fixtures.ts';
import { workerFixtures } from './web/worker.fixtures.ts';
import { workspaceFixtures } from './web/workspace.fixtures.ts';

export const FIXTURES: Readonly<Record<string, Fixtures>> = {
  'single-page sites': singlePageFixtures,
  'meta-frameworks': metaFrameworkFixtures,
  'servers by framework': serverStarterFixtures,
  'servers and settings': serverSettingsFixtures,
  'servers in workspaces': serverWorkspaceFixtures,
  'Workers and Hono': workerFixtures,
  'servers of Node': nodeFixtures,
  'no servers': notServerFixtures,
  'libraries and programs': libraryFixtures,
  'parts of other products': productFixtures,
  'pages that are not built': unbuiltFixtures,
  'servers around Vite, and what nothing builds': starterFixtures,
  'where sites are written': outputFixtures,
  'apps by their configuration': appFixtures,
  'real sites': inScopeFixtures,
  'real projects that are no sites': outOfScopeFixtures,
  'servers in monorepos': serverMonorepoFixtures,
  'servers in other languages': foreignServerFixtures,
  'documentation and blogs': documentationFixtures,
  'other generators': generatorFixtures,
  'sites of Jekyll': jekyllFixtures,
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
