import type { ManagerVersion } from '@appflux/detection';
import { describe, expect, test } from 'vitest';
import { chooseManagerOf, type ManagerFacts } from './choose-manager.ts';
import { chooseImageNode } from './choose-node.ts';

const NODES = [
  { version: '24.21.0', folder: null },
  { version: '20.20.2', folder: '/usr/local/node/20/bin' },
  { version: '22.23.3', folder: '/usr/local/node/22/bin' },
];

const chosen = (asked: string) => {
  const choice = chooseImageNode(asked, NODES);
  if ('node' in choice) return [choice.node.version, choice.note];
  return 'missing' in choice ? choice.missing : choice.fetch;
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

describe('a Node that is newer than those of an image', () => {
  test('is fetched where it can be', () => {
    expect(chooseImageNode('>=26', NODES, true)).toEqual({
      fetch: '>=26.0.0',
      note: 'Downloading Node >=26, which the project requests; the image has 24.21.0, 22.23.3, 20.20.2.',
    });
  });

  test('is not where one of the image will do, nor for an older one', () => {
    for (const asked of ['24', '20.11.1', '18', 'lts/*', '>=18'])
      expect(chooseImageNode(asked, NODES, true)).toHaveProperty('node');
    for (const asked of ['banana', '>30 <20'])
      expect(chooseImageNode(asked, NODES, true)).toHaveProperty('missing');
  });
});

describe('the version of a package manager', () => {
  const own = { npm: '11.21.2', pnpm: '10.34.9', yarn: '1.22.22', 'yarn-4': '4.18.1', bun: '1.4.5' };
  const able = Object.fromEntries(['npm', 'pnpm', 'yarn', 'bun'].map((name) => [`pinned-${name}`, 'any']));
  const image = { ...own, ...able, corepack: '0.36.0' };
  const BY = 'packageManager in package.json';
  const wish = (name: ManagerVersion['name'], version: string, isPin = false, by = BY): ManagerVersion => ({
    name,
    version,
    by,
    isPin,
  });
  const choose = (wanted: ManagerVersion | null, more: Partial<ManagerFacts> = {}) =>
    chooseManagerOf({ wanted, isBerry: false, image, online: true, ...more });

  test.each([
    wish('pnpm', '10.34.9', true),
    wish('pnpm', '>=9.0.0'),
    wish('npm', '^11.0.0'),
    wish('yarn', '>=1.0.0 <2.0.0-0'),
    wish('bun', '1.4.5', true),
  ])('is the image’s own if that will do: $name $version', (wanted) => {
    expect(choose(wanted)).toEqual({ folders: [], note: null });
  });

  test('is the image’s Yarn 4 where that will do', () => {
    const folders = ['/usr/local/yarn/4/bin'];
    expect(choose(wish('yarn', '4.18.1', true), { isBerry: true })).toEqual({ folders, note: null });
    expect(choose(wish('yarn', '>=4.0.0'), { isBerry: true })).toEqual({ folders, note: null });
    expect(choose(null, { isBerry: true })).toEqual({ folders, note: expect.stringContaining('4.18.1') });
    expect(choose(null, { isBerry: true, image: { yarn: '1.22.22' } }).folders).toEqual([]);
  });

  test('comes through Corepack where it is pinned exactly, because that checks the hash', () => {
    expect(choose(wish('pnpm', '9.15.4', true))).toEqual({
      folders: ['/usr/local/corepack/bin'],
      note: 'Downloading pnpm 9.15.4, requested by packageManager in package.json.',
    });
  });

  test('is fetched by the image otherwise', () => {
    expect(choose(wish('pnpm', '>=8.0.0 <9.0.0-0', false, 'the format of pnpm-lock.yaml (6.0)'))).toEqual({
      folders: ['/usr/local/pnpm/pinned/bin'],
      environment: { APPFLUX_PNPM_VERSION: '>=8.0.0 <9.0.0-0' },
      note: 'Downloading pnpm >=8.0.0 <9.0.0-0, requested by the format of pnpm-lock.yaml (6.0).',
    });
    expect(choose(wish('yarn', '>=3.0.0 <4.0.0-0'), { isBerry: true })).toMatchObject({
      folders: ['/usr/local/yarn/pinned/bin'],
      environment: { APPFLUX_YARN_VERSION: '>=3.0.0 <4.0.0-0' },
    });
    // Corepack knows no Bun.
    expect(choose(wish('bun', '1.3.14', true))).toMatchObject({
      folders: ['/usr/local/bun/pinned/bin'],
      environment: { APPFLUX_BUN_VERSION: '1.3.14' },
    });
  });

  test.each([
    [
      wish('pnpm', '9.15.4', true),
      { online: false },
      'no network here. Using 10.34.9, which may behave differently',
    ],
    [wish('pnpm', '9.15.4', true), { image: own }, 'can’t download it. Using 10.34.9, which may behave'],
    [wish('pnpm', '10.2.0', true), { image: own }, 'Using 10.34.9, which should be compatible'],
    [wish('pnpm', '10.99.0', true), { image: own }, 'Using 10.34.9, which may behave differently'],
    [wish('bun', '1.3.14', true), { image: {} }, 'but the image has no bun'],
  ])('is the image’s where it can’t be fetched, and the log says so', (wanted, more, note) => {
    expect(choose(wanted, more)).toEqual({ folders: [], note: expect.stringContaining(note) });
  });

  test('of Yarn 3 is Yarn 4 where it can’t be fetched, not Yarn 1', () => {
    const facts = { isBerry: true, online: false };
    expect(choose(wish('yarn', '>=3.0.0 <4.0.0-0'), facts)).toEqual({
      folders: ['/usr/local/yarn/4/bin'],
      note: expect.stringContaining('Using 4.18.1'),
    });
  });
});
