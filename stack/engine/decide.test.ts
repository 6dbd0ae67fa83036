import { describe, expect, test } from 'vitest';
import { isDebianLike, type Machine, mayStopEngine, planEngine } from './decide.ts';
import { engineAddresses } from './find.ts';

const nothing = { found: false, configured: null, denied: null, reason: 'connect ENOENT' } as const;
const bare: Machine = {
  platform: 'linux',
  root: true,
  debian: true,
  systemd: false,
  unit: false,
  dockerd: false,
};

describe('on a machine without an engine', () => {
  test('root on Debian installs one and starts it directly without systemd', () => {
    expect(planEngine(nothing, bare)).toEqual({ action: 'start', install: true, by: 'process' });
  });

  test('root on Debian installs one and starts it through systemd if that runs', () => {
    expect(planEngine(nothing, { ...bare, systemd: true })).toEqual({
      action: 'start',
      install: true,
      by: 'systemd',
    });
  });

  test('an installed engine is started and not installed again, on any distribution', () => {
    const installed = { ...bare, dockerd: true, debian: false };
    expect(planEngine(nothing, installed)).toEqual({ action: 'start', install: false, by: 'process' });
    expect(planEngine(nothing, { ...installed, systemd: true, unit: true })).toMatchObject({ by: 'systemd' });
    // A program without a service that systemd knows.
    expect(planEngine(nothing, { ...installed, systemd: true, unit: false })).toMatchObject({
      by: 'process',
    });
  });

  test.each<[string, Partial<Machine>, string]>([
    ['another user on Debian', { root: false }, 'sudo apt-get install docker.io'],
    ['another user elsewhere', { root: false, debian: false }, 'as described in its documentation'],
    ['another user with a stopped engine', { root: false, dockerd: true }, '"sudo dockerd"'],
    [
      'another user with a stopped service',
      { root: false, dockerd: true, systemd: true, unit: true },
      '"sudo systemctl start docker"',
    ],
    ['root on another distribution', { debian: false }, 'as described in its documentation'],
    ['a Mac', { platform: 'darwin', debian: false }, 'start Docker'],
  ])('%s gets advice', (_, changes, advice) => {
    expect(planEngine(nothing, { ...bare, ...changes })).toMatchObject({
      action: 'refuse',
      code: 'engine_missing',
      advice: expect.stringContaining(advice),
    });
  });
});

test('a DOCKER_HOST that does not answer is an error, without trying others', () => {
  const search = { ...nothing, configured: 'tcp://10.0.0.5:2375' };
  expect(planEngine(search, bare)).toMatchObject({
    action: 'refuse',
    code: 'engine_failed',
    message: expect.stringContaining('tcp://10.0.0.5:2375'),
  });
  expect(engineAddresses({ DOCKER_HOST: 'tcp://10.0.0.5:2375' }, '/root')).toEqual([
    { name: 'tcp://10.0.0.5:2375', socketPath: null },
  ]);
});

test('a socket without permission is an error, without trying to install', () => {
  const search = { ...nothing, denied: 'unix:///var/run/docker.sock' };
  expect(planEngine(search, { ...bare, root: false })).toMatchObject({
    action: 'refuse',
    code: 'engine_denied',
    advice: expect.stringContaining('usermod -aG docker'),
  });
});

test('system-wide engines come first, then those of this user', () => {
  expect(engineAddresses({ XDG_RUNTIME_DIR: '/run/user/1000' }, '/home/ann').map(({ name }) => name)).toEqual(
    [
      'unix:///var/run/docker.sock',
      'unix:///run/user/1000/docker.sock',
      'unix:///home/ann/.docker/run/docker.sock',
    ],
  );
});

test.each([
  ['ID=debian\nVERSION_ID="12"\n', true],
  ['NAME="Ubuntu"\nID=ubuntu\nID_LIKE=debian\n', true],
  ['ID=linuxmint\nID_LIKE="ubuntu debian"\n', true],
  ["ID='debian'\n", true],
  ['ID=fedora\nPRETTY_NAME="like debian"\n', false],
  ['ID="rhel"\nID_LIKE="fedora"\n', false],
  ['', false],
])('%j is a derivative of Debian: %s', (text, expected) => {
  expect(isDebianLike(text)).toBe(expected);
});

test('an engine is stopped only if no container of someone else runs in it', () => {
  expect(mayStopEngine([])).toBe(true);
  expect(mayStopEngine([{ Labels: { 'dev.appflux.runner': '66f2a1c04b7e9d0012345678' } }])).toBe(true);
  expect(mayStopEngine([{ Labels: { 'dev.appflux.namespaces': '66f2a1c04b7e9d0012345678' } }])).toBe(true);
  expect(mayStopEngine([{ Labels: { 'dev.appflux.runner': 'x' } }, { Labels: {} }])).toBe(false);
  // A label of the image, which every container of it has.
  expect(mayStopEngine([{ Labels: { 'dev.appflux.inputs': 'x' } }])).toBe(false);
});
