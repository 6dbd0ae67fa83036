import { parseBunVersion } from '@appflux/detection';
import { describe, expect, test } from 'vitest';
import { choosePinnedManager, type ManagerFacts } from './choose-manager.ts';
import { chooseImageNode } from './choose-node.ts';
import { parsePin } from './pinned-manager.ts';

const NODES = [
  { version: '24.21.0', folder: null },
  { version: '20.20.2', folder: '/usr/local/node/20/bin' },
  { version: '22.23.3', folder: '/usr/local/node/22/bin' },
];

const chosen = (asked: string) => {
  const choice = chooseImageNode(asked, NODES);
  return 'missing' in choice ? choice.missing : [choice.node.version, choice.note];
};

describe('the Node of an image', () => {
  test.each([
    ['20', '20.20.2'],
    ['v20', '20.20.2'],
    ['22.x', '22.23.3'],
    ['^22.1.0', '22.23.3'],
    ['20.20.2', '20.20.2'],
    ['lts/iron', '20.20.2'],
    ['lts/Jod', '22.23.3'],
    ['lts/-1', '22.23.3'],
    ['lts/-2', '20.20.2'],
    ['lts/*', '24.21.0'],
    ['node', '24.21.0'],
    ['>=18', '24.21.0'],
    ['>=18 <23', '22.23.3'],
    ['^18 || ^20', '20.20.2'],
    ['18 || 20 || 22', '22.23.3'],
  ])('for %s is simply %s', (asked, version) => {
    expect(chosen(asked)).toEqual([version, null]);
  });

  test('of an exact version that is not there is one of its major', () => {
    expect(chosen('20.11.1')).toEqual([
      '20.20.2',
      'The image doesn’t have Node 20.11.1. Using 20.20.2, which has the same major version.',
    ]);
    expect(chosen('v24.99.0')).toEqual(['24.21.0', expect.stringContaining('same major')]);
  });

  test.each(['18', '16.20.0', '^14', 'lts/hydrogen', '21', '>=16 <19'])(
    'for %s, which is too old to be there, is the nearest newer one',
    (asked) => {
      const nearest = asked === '21' ? '22.23.3' : '20.20.2';
      expect(chosen(asked)).toEqual([
        nearest,
        expect.stringContaining(`Using ${nearest}, the closest newer version.`),
      ]);
    },
  );

  test.each([
    ['26', 'The project requests Node 26, but the image has 24.21.0, 22.23.3, 20.20.2.'],
    ['banana', 'Node banana is not a valid version.'],
    ['>30 <20', 'No Node version matches >30 <20.'],
  ])('for %s is none, and it is said why', (asked, why) => {
    expect(chosen(asked)).toBe(why);
  });

  test('is the only one where there is but one', () => {
    expect(chooseImageNode('24', [{ version: '24.1.0', folder: null }])).toMatchObject({ note: null });
    expect(chooseImageNode('24', [])).toEqual({ missing: 'The image has no Node.' });
  });
});

describe('the package manager that is pinned', () => {
  const image = { pnpm: '10.34.9', yarn: '1.22.22', 'yarn-4': '4.18.1', bun: '1.4.5', corepack: '0.36.0' };
  const facts = (pin: string | null, more: Partial<ManagerFacts> = {}) =>
    choosePinnedManager({
      pin: pin === null ? null : parsePin(pin),
      isBerry: false,
      image,
      online: true,
      ...more,
    });

  test('is read from a name, an exact version and perhaps a hash', () => {
    expect(parsePin('pnpm@9.15.4')).toEqual({ name: 'pnpm', version: '9.15.4', by: 'packageManager' });
    expect(parsePin('yarn@4.5.0+sha512.0123abcd')).toMatchObject({ name: 'yarn', version: '4.5.0' });
    expect(parsePin('npm@11.0.0-pre.1')).toMatchObject({ name: 'npm', version: '11.0.0-pre.1' });
    for (const field of [
      'pnpm',
      'pnpm@9',
      'pnpm@^9.0.0',
      'deno@2.0.0',
      'pnpm@9.0.0; rm -rf /',
      'pnpm@https://x/y.tgz',
    ])
      expect(parsePin(field)).toBeNull();
  });

  test('is the image’s own if that is it', () => {
    expect(facts('pnpm@10.34.9')).toEqual({ folders: [], note: null });
    expect(facts('yarn@4.18.1', { isBerry: true })).toEqual({
      folders: ['/usr/local/yarn/4/bin'],
      note: null,
    });
    expect(facts(null)).toEqual({ folders: [], note: null });
  });

  test('is fetched where it is another, if anything can be', () => {
    expect(facts('pnpm@9.15.4').folders).toEqual(['/usr/local/corepack/bin']);
    expect(facts('pnpm@9.15.4', { online: false })).toEqual({
      folders: [],
      note: expect.stringContaining('no network'),
    });
    expect(facts('pnpm@9.15.4', { image: {} })).toEqual({
      folders: [],
      note: expect.stringContaining('no Corepack'),
    });
  });

  test('is Yarn 4 for a project of Yarn 2 or later that pins none', () => {
    expect(facts(null, { isBerry: true })).toEqual({
      folders: ['/usr/local/yarn/4/bin'],
      note: expect.stringContaining('4.18.1'),
    });
    expect(facts(null, { isBerry: true, image: { yarn: '1.22.22' } }).folders).toEqual([]);
  });

  test('is another Bun where the image can fetch it', () => {
    const able = { ...image, 'pinned-bun': 'any' };
    expect(facts('bun@1.3.14', { image: able })).toEqual({
      folders: ['/usr/local/bun/pinned/bin'],
      environment: { APPFLUX_BUN_VERSION: '1.3.14' },
      note: 'Downloading Bun 1.3.14, pinned by packageManager.',
    });
    expect(facts('bun@1.4.5', { image: able })).toEqual({ folders: [], note: null });
    expect(facts('bun@1.3.14', { image: able, online: false }).folders).toEqual([]);
  });

  test.each([
    ['1.3.14\n', '1.3.14'],
    ['v1.3.14', '1.3.14'],
    ['bun-v1.4.0-canary.1', '1.4.0-canary.1'],
    ['latest', null],
    ['1.3', null],
    ['^1.3.0', null],
    ['1.3.14; rm -rf /', null],
    ['', null],
  ])('of a .bun-version that says %j is %s', (text, version) => {
    expect(parseBunVersion(text)).toBe(version);
  });

  test('is the image’s Bun where it cannot fetch another, and it is said how near that is', () => {
    expect(facts('bun@1.2.0').note).toContain('should be compatible');
    expect(facts('bun@2.0.0').note).toContain('may behave differently');
  });
});
