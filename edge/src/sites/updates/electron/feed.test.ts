import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import type { FeedFile, FeedRelease } from '../release.ts';
import { feedNamed, feedText, type UpdateInfo, updateInfo } from './feed.ts';

const SHA512 = `${'A'.repeat(86)}==`;

const file = (name: string, more: Partial<FeedFile> = {}): FeedFile => ({
  name,
  size: 10,
  url: `https://flux.example/dl/1/${encodeURIComponent(name)}`,
  facts: { sha512: SHA512 },
  platform: null,
  arch: null,
  version: null,
  ...more,
});

const release = (files: readonly FeedFile[], more: Partial<FeedRelease> = {}): FeedRelease => ({
  version: '1.2.3',
  date: '2026-11-23T10:00:00.000Z',
  notes: null,
  files,
  ...more,
});

const named = (info: UpdateInfo | string) =>
  typeof info === 'string'
    ? info
    : info.files.map(({ url }) => decodeURIComponent(url.split('/').at(-1) ?? ''));

describe('the name of a feed', () => {
  test.each([
    ['latest.yml', 'windows'],
    ['latest-mac.yml', 'mac'],
    ['latest-linux.yml', 'linux-x64'],
    ['latest-linux-arm64.yml', 'linux-arm64'],
    ['beta.yml', 'windows'],
    ['alpha-linux-arm.yml', 'linux-arm'],
  ])('%s is for %s', (name, feed) => expect(feedNamed(name)).toBe(feed));

  test.each([
    'latest.yaml',
    'Latest.yml',
    'latest-mac-arm64.yml',
    'latest-linux-../x.yml',
    'nightly.yml',
    '',
    'latest-linux-.yml',
  ])('is not %s', (name) => expect(feedNamed(name)).toBeNull());
});

describe('the files of a feed', () => {
  const everything = [
    file('App-1.2.3-arm64.AppImage', { platform: 'linux', arch: 'arm64' }),
    file('App-1.2.3-arm64-mac.zip', { platform: 'macos', arch: 'arm64' }),
    file('App-1.2.3-mac.zip', { platform: 'macos' }),
    file('App-1.2.3.AppImage', { platform: 'linux' }),
    file('App-1.2.3.dmg', { platform: 'macos' }),
    file('App Setup 1.2.3.exe', { platform: 'windows' }),
    file('App-1.2.3-arm64.exe', { platform: 'windows', arch: 'arm64' }),
    file('app_1.2.3_amd64.deb', { platform: 'linux', arch: 'x64' }),
    file('app_1.2.3_armv7l.deb', { platform: 'linux', arch: 'armv7l' }),
    file('sources.zip'),
    file('App Setup 1.2.3.exe.blockmap', { facts: {} }),
    file('app.apk', { platform: 'android' }),
  ];

  test.each([
    ['windows', ['App Setup 1.2.3.exe', 'App-1.2.3-arm64.exe']],
    ['mac', ['App-1.2.3-mac.zip', 'App-1.2.3-arm64-mac.zip', 'App-1.2.3.dmg']],
    ['linux-x64', ['App-1.2.3.AppImage', 'app_1.2.3_amd64.deb']],
    ['linux-arm64', ['App-1.2.3-arm64.AppImage']],
    ['linux-arm', ['app_1.2.3_armv7l.deb']],
    ['linux-riscv64', 'no files'],
  ] as const)('of %s', (feed, names) => expect(named(updateInfo(release(everything), feed))).toEqual(names));

  test('are those that the build lists, if it lists any', () => {
    const setup = file('App Setup.exe', {
      facts: { sha512: SHA512, updateFeed: 'windows', blockMapSize: 9 },
    });
    const portable = file('App.exe');
    const info = updateInfo(release([portable, setup]), 'windows');
    expect(info).toMatchObject({ files: [{ url: setup.url, blockMapSize: 9 }], path: setup.url });
  });

  test('are not listed without a SHA-512, which older runners did not collect', () => {
    const old = file('a.exe', { facts: {} });
    expect(updateInfo(release([old]), 'windows')).toBe('no sha512');
    expect(named(updateInfo(release([old, file('b.exe')]), 'windows'))).toEqual(['b.exe']);
  });
});

describe('the version of a feed', () => {
  const versionOf = (own: string | null, ofRelease: string | null) => {
    const info = updateInfo(release([file('a.exe', { version: own })], { version: ofRelease }), 'windows');
    return typeof info === 'string' ? info : info.version;
  };

  test('is what the file contains before what the deployment is called', () => {
    expect(versionOf('1.0.0', '2.0.0')).toBe('1.0.0');
    expect(versionOf(null, '2.0.0')).toBe('2.0.0');
  });

  test('has to be one that updaters compare', () => expect(versionOf(null, null)).toBe('no version'));
});

test('the text is what the client’s parser reads, with every member of its type', () => {
  const info = updateInfo(
    release(
      [
        file("it's: a #1 {file}\u0085.exe", {
          facts: { sha512: SHA512, isAdminRightsRequired: true, minimumSystemVersion: '10.0' },
        }),
      ],
      { notes: '# 1.2.3\n- yes: no\n---\n' },
    ),
    'windows',
  );
  if (typeof info === 'string') throw new Error(info);
  const text = feedText(info);
  expect(text).toMatch(/^version: 1\.2\.3$/m);
  expect(parse(text, { version: '1.1' })).toEqual({
    version: '1.2.3',
    files: [{ url: info.path, sha512: SHA512, size: 10, isAdminRightsRequired: true }],
    path: info.path,
    sha512: SHA512,
    releaseDate: '2026-11-23T10:00:00.000Z',
    releaseNotes: '# 1.2.3\n- yes: no\n---\n',
    minimumSystemVersion: '10.0',
  });
});
