import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { offerFor, systemOf } from './device.ts';
import { fileKind, type System } from './file-kind.ts';

describe('systemOf', () => {
  test.each([
    [
      'Mozilla/5.0 (Linux; Android 16; Pixel 10) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Mobile Safari/537.36',
      'android',
    ],
    [
      'Mozilla/5.0 (iPhone; CPU iPhone OS 19_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.1 Mobile/15E148 Safari/604.1',
      'ios',
    ],
    [
      'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Safari/537.36',
      'windows',
    ],
    [
      'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.0 Safari/605.1.15',
      'mac',
    ],
    ['Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0', 'linux'],
    [
      'Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Safari/537.36',
      'linux',
    ],
    ['curl/8.15.0', null],
    ['', null],
  ])('%s', (agent, system) => {
    expect(systemOf(new Headers({ 'User-Agent': agent }))).toBe(system);
  });

  test('a client hint wins over the User-Agent; one that is not known does not', () => {
    const agent = { 'User-Agent': 'Mozilla/5.0 (X11; Linux x86_64)' };
    expect(systemOf(new Headers({ ...agent, 'Sec-CH-UA-Platform': '"Android"' }))).toBe('android');
    expect(systemOf(new Headers({ ...agent, 'Sec-CH-UA-Platform': '"Unknown"' }))).toBe('linux');
    expect(systemOf(new Headers({ ...agent, 'Sec-CH-UA-Platform': 'constructor' }))).toBe('linux');
  });
});

const files = (...names: string[]) => names.map((name) => ({ name }));
const best = (system: System | null, ...names: string[]) => offerFor(system, files(...names)).best?.name;

describe('offerFor', () => {
  const all = [
    'App.zip',
    'App-1.0.aab',
    'app_1.0_amd64.deb',
    'App.AppImage',
    'App.dmg',
    'App.msi',
    'App Setup.exe',
    'App.apk',
    'SHA256SUMS',
  ];

  test.each([
    ['android', 'App.apk'],
    ['windows', 'App Setup.exe'],
    ['mac', 'App.dmg'],
    ['linux', 'App.AppImage'],
    ['ios', 'App.zip'],
  ] as const)('%s is offered %s first', (system, name) => {
    expect(best(system, ...all)).toBe(name);
    expect(best(system, ...all.toReversed())).toBe(name);
  });

  test('an archive for the system goes before one for any, and one for another system is not offered', () => {
    expect(best('mac', 'app.zip', 'app-darwin-arm64.zip', 'app-win32-x64.zip')).toBe('app-darwin-arm64.zip');
    expect(best('windows', 'app.zip', 'app-darwin-arm64.zip', 'app-win32-x64.zip')).toBe('app-win32-x64.zip');
    expect(best('linux', 'app-darwin-arm64.zip', 'app.tar.gz')).toBe('app.tar.gz');
  });

  test('of several processors the usual one is offered, and one file for all before that', () => {
    expect(best('android', 'app-x86_64.apk', 'app-armeabi-v7a.apk', 'app-arm64-v8a.apk')).toBe(
      'app-arm64-v8a.apk',
    );
    expect(best('android', 'app-arm64-v8a.apk', 'app-universal.apk')).toBe('app-universal.apk');
    expect(best('windows', 'app-arm64.exe', 'app-x64.exe')).toBe('app-x64.exe');
    expect(best('mac', 'app-x64.dmg', 'app-arm64.dmg')).toBe('app-arm64.dmg');
  });

  test('a visitor whose system has no file is offered what anybody would be, and told so', () => {
    expect(offerFor('ios', files('App.aab', 'App.apk'))).toEqual({
      best: { name: 'App.apk' },
      suits: false,
      others: [{ name: 'App.aab' }],
    });
    expect(offerFor('android', files('App.aab'))).toMatchObject({ best: { name: 'App.aab' }, suits: false });
  });

  test('an unknown visitor is offered something to install before an archive, in the order of the build', () => {
    expect(offerFor(null, files('a.zip', 'b.deb', 'c.exe'))).toMatchObject({
      best: { name: 'b.deb' },
      suits: true,
    });
    expect(best(null, 'notes.txt')).toBe('notes.txt');
    expect(offerFor(null, []).best).toBeNull();
  });

  test('every file is offered exactly once', () => {
    const name = fc.constantFrom(...all, 'x-mac.zip', 'y.txt', 'z.rpm');
    const system = fc.constantFrom(null, 'android', 'ios', 'windows', 'mac', 'linux');
    fc.assert(
      fc.property(system, fc.uniqueArray(name), (visitor, names) => {
        const { best: first, others } = offerFor(visitor, files(...names));
        const offered = [...(first === null ? [] : [first]), ...others].map((file) => file.name);
        expect(offered.toSorted()).toEqual(names.toSorted());
      }),
    );
  });
});

describe('fileKind', () => {
  test('goes by the ending, in any case', () => {
    expect(fileKind('APP.APK')).toMatchObject({ system: 'android', use: 'install' });
    expect(fileKind('apk')).toMatchObject({ system: null, use: 'other' });
    expect(fileKind('app.apk.txt')).toMatchObject({ system: null, use: 'other' });
  });

  test.each([
    ['app-darwin.zip', 'mac'],
    ['App macOS.zip', 'mac'],
    ['app-win64.zip', 'windows'],
    ['app_linux_amd64.tar.gz', 'linux'],
    ['winner.zip', null],
    ['machine.zip', null],
    ['twin.zip', null],
  ])('the archive %s is for %s', (name, system) => {
    expect(fileKind(name).system).toBe(system);
  });
});
