import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { factsOfPath, rankOf } from './name-facts.ts';

const APK = 'app/build/outputs/apk';

describe('what a path says', () => {
  it.each([
    [`${APK}/release/app-release.apk`, { platform: 'android', format: 'apk', variant: 'release' }],
    [
      `${APK}/release/app-release-unsigned.apk`,
      { platform: 'android', format: 'apk', variant: 'release', signed: false },
    ],
    [`${APK}/app-debug.apk`, { platform: 'android', format: 'apk', variant: 'debug' }],
    [
      `${APK}/free/release/app-free-arm64-v8a-release.apk`,
      { platform: 'android', format: 'apk', abi: 'arm64-v8a', flavor: 'free', variant: 'release' },
    ],
    [
      'app/build/outputs/bundle/freeRelease/app-free-release.aab',
      { platform: 'android', format: 'aab', flavor: 'free', variant: 'release' },
    ],
    [
      'app/build/outputs/bundle/release/app-release.aab',
      { platform: 'android', format: 'aab', variant: 'release' },
    ],
    [
      'build/app/outputs/flutter-apk/app-x86_64-production-release.apk',
      { platform: 'android', format: 'apk', abi: 'x86_64', flavor: 'production', variant: 'release' },
    ],
    [
      'build/app/outputs/flutter-apk/app-release.apk',
      { platform: 'android', format: 'apk', variant: 'release' },
    ],
    ['dist/app_1.2.3_amd64.deb', { platform: 'linux', format: 'deb', arch: 'x64' }],
    ['dist/App-1.2.3-arm64.AppImage', { platform: 'linux', format: 'AppImage', arch: 'arm64' }],
    [
      'src-tauri/target/release/bundle/rpm/app-1.0-1.x86_64.rpm',
      { platform: 'linux', format: 'rpm', arch: 'x64' },
    ],
    ['dist/App Setup 1.0.exe', { platform: 'windows', format: 'exe' }],
    ['dist/App-1.0-mac.zip', { platform: 'macos', format: 'zip' }],
    ['out/make/zip/linux/x64/app-linux-x64-1.0.0.zip', { platform: 'linux', format: 'zip', arch: 'x64' }],
    ['dist/hello-darwin-arm64', { platform: 'macos', arch: 'arm64' }],
    ['dist/winter.zip', { format: 'zip' }],
    ['site/index.html', {}],
  ])('%s', (path, facts) => {
    expect(factsOfPath(path)).toEqual(facts);
  });

  it('is found out for any path, with texts that a record takes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (path) => {
        for (const value of Object.values(factsOfPath(path))) expect(String(value).length).toBeLessThan(300);
      }),
    );
  });
});

describe('the order of artifacts', () => {
  it('has a signed release that fits all phones first, and debug and unsigned ones last', () => {
    const paths = [
      `${APK}/debug/app-debug.apk`,
      `${APK}/release/app-release-unsigned.apk`,
      'app/build/outputs/bundle/release/app-release.aab',
      `${APK}/release/app-x86-release.apk`,
      `${APK}/release/app-arm64-v8a-release.apk`,
      `${APK}/release/app-universal-release.apk`,
    ];
    expect([...paths].sort((a, b) => rankOf(a) - rankOf(b))).toEqual([...paths].reverse());
  });
});
