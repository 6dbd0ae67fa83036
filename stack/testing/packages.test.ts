import { expect, test } from 'vitest';
import { isInstalled, packagesFor } from './packages.ts';
import { planTests } from './plan.ts';

const nothing = () => false;

test('a fresh machine needs everything that the tests drive, and can do without ClamAV', () => {
  expect(packagesFor(planTests([]), nothing)).toEqual({
    required: ['shellcheck', 'curl', 'unzip', 'xz-utils', 'git', 'chromium', 'python3'],
    optional: ['clamav-daemon', 'clamav-freshclam'],
  });
});

test('what is there is not installed again', () => {
  expect(packagesFor(planTests([]), (program) => program !== 'git')).toEqual({
    required: ['git'],
    optional: [],
  });
});

test('a project needs no more than its own tests do', () => {
  expect(packagesFor(planTests(['protocol']), nothing)).toEqual({ required: [], optional: [] });
  expect(packagesFor(planTests(['dashboard']), nothing)).toEqual({ required: ['chromium'], optional: [] });
});

test('a program is looked for where a shell would find it, and where daemons are', () => {
  expect(isInstalled('sh', '/nowhere:/bin')).toBe(true);
  expect(isInstalled('no-such-program-at-all')).toBe(false);
  expect(isInstalled('sh', '')).toBe(false);
});

test('this machine, which runs the tests, has a shell to find and asks for nothing twice', () => {
  const { required, optional } = packagesFor(planTests([]), isInstalled);
  expect(new Set([...required, ...optional]).size).toBe(required.length + optional.length);
});
