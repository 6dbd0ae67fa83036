import { expect, test } from 'vitest';
import { isInstalled, packagesFor } from './packages.ts';
import { planTests } from './plan.ts';

const nothing = () => false;

test('a fresh machine needs every program that the tests run; some are optional', () => {
  expect(packagesFor(planTests([]), nothing)).toEqual({
    required: [
      'shellcheck',
      'curl',
      'unzip',
      'xz-utils',
      'git',
      'openssh-client',
      'chromium',
      'python3',
      'openssl',
    ],
    optional: [
      'chromium-headless-shell',
      'clamav-daemon',
      'clamav-freshclam',
      'docker-compose',
      'gcc',
      'libc6-dev',
      'caddy',
      'nginx-light',
      'prometheus',
    ],
  });
});

test('installed programs are not installed again', () => {
  expect(packagesFor(planTests([]), (program) => program !== 'git')).toEqual({
    required: ['git'],
    optional: [],
  });
});

test('a project needs only what its own tests do', () => {
  expect(packagesFor(planTests(['protocol']), nothing)).toEqual({ required: [], optional: [] });
  expect(packagesFor(planTests(['dashboard']), nothing)).toEqual({
    required: ['chromium'],
    optional: ['chromium-headless-shell'],
  });
});

test('a program is searched in the PATH and where daemons are', () => {
  expect(isInstalled('sh', '/nowhere:/bin')).toBe(true);
  expect(isInstalled('no-such-program-at-all')).toBe(false);
  expect(isInstalled('sh', '')).toBe(false);
});

test('this machine, which runs the tests, has a shell, and no package is listed twice', () => {
  const { required, optional } = packagesFor(planTests([]), isInstalled);
  expect(new Set([...required, ...optional]).size).toBe(required.length + optional.length);
});
