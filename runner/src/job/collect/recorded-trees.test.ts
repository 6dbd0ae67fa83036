/**
 * From a source to its artifacts, for tools whose downloads no machine of the tests reaches: the plan is the one that
 * detection makes of the source, and the tree is what the tool's build leaves, by its documentation and by people's logs of it.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { decide, treeFromTexts } from '@appflux/detection';
import { nativeAndroidFixtures } from '@appflux/detection/testing/android/native.fixtures.ts';
import {
  capacitorFixtures,
  cordovaFixtures,
  expoFixtures,
  reactNativeFixtures,
} from '@appflux/detection/testing/android/shells.fixtures.ts';
import {
  electronFixtures,
  neutralinoAndWailsFixtures,
} from '@appflux/detection/testing/desktop/desktop.fixtures.ts';
import { tauriFixtures } from '@appflux/detection/testing/desktop/tauri.fixtures.ts';
import type { Fixture } from '@appflux/detection/testing/fixture.ts';
import { flutterFixtures } from '@appflux/detection/testing/flutter/flutter.fixtures.ts';
import { BuildSettings } from '@appflux/protocol';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { surroundings, type TestSurroundings } from '../prepare/testing/surroundings.ts';
import { collectArtifacts } from './index.ts';

let around: TestSurroundings;

beforeEach(async () => {
  around = await surroundings();
});

afterEach(() => around.remove());

/** What a build of the fixture delivers that leaves these files; the first is the one that is offered first. */
async function delivered(fixture: Fixture | undefined, left: readonly string[]) {
  if (fixture === undefined) throw new Error('no such fixture');
  const { files, base, settings, type } = fixture;
  const { plan, version } = await decide(treeFromTexts(files, base), {
    type: type ?? null,
    build: BuildSettings.parse(settings ?? {}),
  });
  const root = join(around.folder, 'source');
  for (const path of [...Object.keys(files), ...left]) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), path);
  }
  const artifacts = await collectArtifacts(
    {
      root,
      plan,
      app: { slug: 'shop' },
      version,
      commitHash: null,
      maxBytes: 1e9,
      outDir: around.workspace.scratch,
      mask: String,
    },
    around.ctx,
  );
  return artifacts.map(({ name, meta }) => [name, meta] as const);
}

const APK = { platform: 'android', format: 'apk' };

test('Gradle with flavors and an APK for each ABI', async () => {
  const outputs = 'app/build/outputs';
  const artifacts = await delivered(nativeAndroidFixtures['flavors in the Groovy DSL'], [
    `${outputs}/apk/free/release/app-free-arm64-v8a-release-unsigned.apk`,
    `${outputs}/apk/free/release/app-free-universal-release-unsigned.apk`,
    `${outputs}/apk/free/release/output-metadata.json`,
    `${outputs}/apk/free/release/baselineProfiles/0/app-free-release.dm`,
    `${outputs}/apk/pro/release/app-pro-arm64-v8a-release.apk`,
    `${outputs}/bundle/proRelease/app-pro-release.aab`,
    `${outputs}/mapping/proRelease/mapping.txt`,
    'app/build/intermediates/apk/pro/release/app-pro-release.apk',
  ]);
  expect(artifacts).toEqual([
    [
      'app-pro-arm64-v8a-release.apk',
      expect.objectContaining({ ...APK, abi: 'arm64-v8a', flavor: 'pro', variant: 'release' }),
    ],
    ['app-pro-release.aab', expect.objectContaining({ format: 'aab', flavor: 'pro' })],
    [
      'app-free-universal-release-unsigned.apk',
      expect.objectContaining({ ...APK, abi: 'universal', flavor: 'free', signed: false }),
    ],
    [
      'app-free-arm64-v8a-release-unsigned.apk',
      expect.objectContaining({ ...APK, abi: 'arm64-v8a', flavor: 'free', signed: false }),
    ],
  ]);
});

test.each([
  ['React Native', reactNativeFixtures['the template of the community’s command line tool'], 'android/app'],
  ['Expo', expoFixtures['create-expo-app'], 'android/app'],
  ['Capacitor', capacitorFixtures['the Android template of Capacitor 8, which needs Java 21'], 'android/app'],
  ['Cordova', Object.values(cordovaFixtures)[0], 'platforms/android/app'],
])('%s: what Gradle has made in the folder of Android', async (_what, fixture, module) => {
  const artifacts = await delivered(fixture, [
    `${module}/build/outputs/apk/release/app-release.apk`,
    `${module}/build/outputs/apk/release/output-metadata.json`,
    `${module}/build/outputs/bundle/release/app-release.aab`,
    `${module}/build/intermediates/apk/release/app-release.apk`,
    'node_modules/react-native/android/app-release.apk',
  ]);
  expect(artifacts.map(([name]) => name)).toEqual(['app-release.apk', 'app-release.aab']);
});

test('Flutter for Android, where Gradle’s own copies are left aside', async () => {
  const artifacts = await delivered(flutterFixtures['flutter create, for all platforms'], [
    'build/app/outputs/flutter-apk/app-release.apk',
    'build/app/outputs/flutter-apk/app-release.apk.sha1',
    'build/app/outputs/apk/release/app-release.apk',
    'build/app/outputs/bundle/release/app-release.aab',
    'build/app/outputs/mapping/release/mapping.txt',
  ]);
  expect(artifacts).toEqual([
    ['app-release.apk', expect.objectContaining({ ...APK, variant: 'release' })],
    ['app-release.aab', expect.objectContaining({ format: 'aab' })],
  ]);
});

test('Flutter for the web, as one ZIP', async () => {
  const artifacts = await delivered(flutterFixtures['as a site'], [
    'build/web/index.html',
    'build/web/main.dart.js',
    'build/web/canvaskit/canvaskit.wasm',
    'build/flutter_assets/AssetManifest.bin',
  ]);
  expect(artifacts).toEqual([['shop-1.0.0+1.zip', expect.objectContaining({ files: 3 })]]);
});

test('electron-builder for Linux and Windows, without what updaters and unpacked folders are made of', async () => {
  const artifacts = await delivered(electronFixtures['electron-vite'], [
    'dist/app-1.0.0.AppImage',
    'dist/app_1.0.0_amd64.deb',
    'dist/app-1.0.0.x86_64.rpm',
    'dist/app-1.0.0-setup.exe',
    'dist/app-1.0.0-setup.exe.blockmap',
    'dist/latest-linux.yml',
    'dist/builder-debug.yml',
    'dist/builder-effective-config.yaml',
    'dist/linux-unpacked/app',
    'dist/linux-unpacked/resources/app.asar',
    'dist/.icon-set/icon_16.png',
  ]);
  expect(new Map(artifacts)).toEqual(
    new Map([
      ['app-1.0.0.AppImage', expect.objectContaining({ platform: 'linux', format: 'AppImage' })],
      ['app_1.0.0_amd64.deb', expect.objectContaining({ platform: 'linux', format: 'deb', arch: 'x64' })],
      ['app-1.0.0.x86_64.rpm', expect.objectContaining({ platform: 'linux', format: 'rpm', arch: 'x64' })],
      ['app-1.0.0-setup.exe', expect.objectContaining({ platform: 'windows', format: 'exe' })],
    ]),
  );
});

test('Electron Forge, of which only what its makers made', async () => {
  const artifacts = await delivered(electronFixtures['Electron Forge'], [
    'out/make/deb/x64/app_1.2.3_amd64.deb',
    'out/make/rpm/x64/app-1.2.3-1.x86_64.rpm',
    'out/make/zip/linux/x64/app-linux-x64-1.2.3.zip',
    'out/app-linux-x64/app',
    'out/app-linux-x64/resources/app.asar',
  ]);
  expect(artifacts.map(([name]) => name).sort()).toEqual([
    'app-1.2.3-1.x86_64.rpm',
    'app-linux-x64-1.2.3.zip',
    'app_1.2.3_amd64.deb',
  ]);
});

test('electron-packager’s folder, as a ZIP', async () => {
  const artifacts = await delivered(electronFixtures['electron-packager'], [
    'out/Quick Start-linux-x64/Quick Start',
    'out/Quick Start-linux-x64/resources/app.asar',
  ]);
  expect(artifacts).toEqual([
    [expect.stringMatching(/Quick Start-linux-x64\.zip$/), expect.objectContaining({ files: 2 })],
  ]);
});

test('Tauri, without what its packages were made of', async () => {
  const bundle = 'src-tauri/target/release/bundle';
  const artifacts = await delivered(tauriFixtures['create-tauri-app'], [
    `${bundle}/deb/app_0.4.0_amd64.deb`,
    `${bundle}/deb/app_0.4.0_amd64/control.tar.gz`,
    `${bundle}/deb/app_0.4.0_amd64/data/usr/bin/app`,
    `${bundle}/rpm/app-0.4.0-1.x86_64.rpm`,
    `${bundle}/appimage/app_0.4.0_amd64.AppImage`,
    `${bundle}/appimage/app.AppDir/AppRun`,
    'src-tauri/target/release/app',
  ]);
  expect(artifacts.map(([name]) => name).sort()).toEqual([
    'app-0.4.0-1.x86_64.rpm',
    'app_0.4.0_amd64.AppImage',
    'app_0.4.0_amd64.deb',
  ]);
});

test('Neutralinojs', async () => {
  const artifacts = await delivered(neutralinoAndWailsFixtures['Neutralinojs with its programs'], [
    'dist/app-release.zip',
    'dist/app/app-linux_x64',
    'dist/app/resources.neu',
  ]);
  expect(artifacts.map(([name]) => name)).toEqual(['app-release.zip']);
});
