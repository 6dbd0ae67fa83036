import { describe, expect, test } from 'vitest';
import type { FeedFile, FeedRelease } from '../release.ts';
import { type Asked, updateFor } from './manifest.ts';

const file = (
  name: string,
  arch: string | null,
  signature: string | undefined = `sig-of-${name}`,
): FeedFile => ({
  name,
  size: 10,
  url: `https://flux.example/dl/1/${name}`,
  facts: { signature },
  platform: null,
  arch,
  version: null,
});

const RELEASE: FeedRelease = {
  version: '1.2.3',
  date: '2026-11-23T10:00:00.000Z',
  notes: 'Faster.',
  files: [
    file('app_1.2.3_amd64.deb', 'x64'),
    file('App_1.2.3_amd64.AppImage', 'x64'),
    file('App_1.2.3_aarch64.AppImage', 'arm64'),
    file('App_1.2.3_x64_en-US.msi', 'x64'),
    file('App_1.2.3_x64-setup.exe', 'x64'),
    file('App.app.tar.gz', 'universal'),
    file('App_1.2.3_x64.dmg', 'x64'),
  ],
};

const ask = (asked: Partial<Asked>, release: Partial<FeedRelease> = {}) =>
  updateFor(
    { ...RELEASE, ...release },
    { target: 'linux', arch: 'x86_64', version: '1.0.0', bundle: null, ...asked },
  );

const nameOf = (update: ReturnType<typeof ask>) =>
  typeof update === 'string' ? update : decodeURIComponent(update.url.split('/').at(-1) ?? '');

test('an update has what the client requires', () => {
  expect(ask({})).toEqual({
    version: '1.2.3',
    url: 'https://flux.example/dl/1/App_1.2.3_amd64.AppImage',
    signature: 'sig-of-App_1.2.3_amd64.AppImage',
    notes: 'Faster.',
    pub_date: '2026-11-23T10:00:00.000Z',
  });
});

test.each([
  [{ arch: 'aarch64' }, 'App_1.2.3_aarch64.AppImage'],
  [{ bundle: 'deb' }, 'app_1.2.3_amd64.deb'],
  [{ target: 'windows' }, 'App_1.2.3_x64-setup.exe'],
  [{ target: 'windows', bundle: 'msi' }, 'App_1.2.3_x64_en-US.msi'],
  [{ target: 'darwin', arch: 'aarch64' }, 'App.app.tar.gz'],
  // Nothing for that processor, or of that kind: such an app stays as it is.
  [{ arch: 'armv7' }, 'current'],
  [{ target: 'windows', arch: 'aarch64' }, 'current'],
  [{ arch: 'aarch64', bundle: 'rpm' }, 'current'],
] as const)('for %j it is %s', (asked, name) => expect(nameOf(ask(asked))).toBe(name));

describe('a version', () => {
  test.each([
    ['1.2.3', 'current'],
    ['1.2.4', 'current'],
    ['1.10.0', 'current'],
    ['v1.2.3+build', 'current'],
    ['2.0.0-rc.1', 'current'],
  ])('of %s is current', (version, answer) => expect(ask({ version })).toBe(answer));

  test.each(['1.2.3-rc.1', '1.2.2', '0.9.0+x'])('of %s is updated', (version) =>
    expect(nameOf(ask({ version }))).toBe('App_1.2.3_amd64.AppImage'),
  );

  test.each(['', 'latest', '1.2', '1.2.3.4', '{{current_version}}', `1.0.0-${'a'.repeat(300)}`])(
    'of "%s" is invalid',
    (version) => expect(ask({ version })).toBe('invalid version'),
  );

  test('that the release lacks is no update', () => expect(ask({}, { version: null })).toBe('no version'));
});

test.each([
  { target: 'solaris' },
  { target: '__proto__' },
  { target: 'constructor' },
  { arch: 'z80' },
  { arch: 'toString' },
])('there is no target %j', (asked) => expect(ask(asked)).toBe('unknown target'));

test('a bundle without a signature is never offered: the client would refuse it', () => {
  const unsigned = { ...file('app.deb', 'x64'), facts: {} };
  expect(ask({}, { files: [unsigned] })).toBe('not signed');
  expect(nameOf(ask({}, { files: [unsigned, file('app.rpm', 'x64')] }))).toBe('app.rpm');
});
