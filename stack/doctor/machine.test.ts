import { describe, expect, test } from 'vitest';
import {
  type ClockFacts,
  checkCaddy,
  checkClock,
  checkDiskOf,
  checkMemory,
  checkServers,
  checkVersions,
  readSynchronized,
} from './machine.ts';

const GIB = 1024 ** 3;

describe('the clock', () => {
  const clock = (change: Partial<ClockFacts> = {}) =>
    checkClock({
      now: new Date('2026-11-29T10:00:00Z'),
      latestFile: new Date('2026-11-29T09:59:00Z'),
      stepMs: 3,
      synchronized: true,
      ...change,
    });

  test('that is synchronized, or of which nothing is known, is fine', () => {
    expect(clock()).toEqual({ level: 'ok', text: 'Clock: 2026-11-29T10:00:00.000Z, synchronized' });
    expect(clock({ synchronized: null })).toMatchObject({
      level: 'ok',
      text: expect.stringContaining('unknown'),
    });
  });

  test('that is behind a file of the instance is bad, but not within a minute', () => {
    expect(clock({ latestFile: new Date('2026-11-29T10:00:59Z') }).level).toBe('ok');
    expect(clock({ latestFile: new Date('2026-11-29T10:01:01Z') })).toMatchObject({
      level: 'bad',
      text: expect.stringContaining('before 2026-11-29T10:01:01.000Z'),
      advice: expect.stringContaining('timedatectl set-ntp true'),
    });
  });

  test('that jumps in either direction, or is not synchronized, is weak', () => {
    expect(clock({ stepMs: 3_600_000 }).text).toContain('jumped by 3600.0 s');
    expect(clock({ stepMs: -3_600_000 }).level).toBe('weak');
    expect(clock({ stepMs: -900 }).level).toBe('ok');
    expect(clock({ synchronized: false }).level).toBe('weak');
  });

  test.each([
    ['NTPSynchronized=yes\n', true],
    ['NTPSynchronized=no\n', false],
    ['', null],
    ['System has not been booted with systemd', null],
  ])('timedatectl printing %j means %s', (output, expected) => {
    expect(readSynchronized(output)).toBe(expected);
  });
});

describe('a disk', () => {
  const disk = (free: number, freeFiles: number | null = 1_000_000) =>
    checkDiskOf({ name: 'State folder', folder: '/srv/state', free, freeFiles }, 2 * GIB, 5 * GIB);

  test('is bad, weak or fine by its free space, and how much to free is said', () => {
    expect(disk(1.5 * GIB)).toEqual({
      level: 'bad',
      text: 'State folder /srv/state: 1.5 GiB free',
      advice: 'Free 3.5 GiB or more, or use another disk',
    });
    expect(disk(2 * GIB).level).toBe('weak');
    expect(disk(5 * GIB)).toEqual({ level: 'ok', text: 'State folder /srv/state: 5.0 GiB free' });
  });

  test('without inodes is not fine, whatever space is left', () => {
    expect(disk(500 * GIB, 500).level).toBe('bad');
    expect(disk(500 * GIB, 5_000).level).toBe('weak');
    expect(disk(500 * GIB, null).level).toBe('ok');
  });
});

test('memory is bad where nothing runs, weak where builds may not fit', () => {
  expect(checkMemory({ total: 0.9 * GIB, available: 0.5 * GIB }).level).toBe('bad');
  expect(checkMemory({ total: 2 * GIB, available: 1.5 * GIB }).level).toBe('weak');
  expect(checkMemory({ total: 8 * GIB, available: 0.5 * GIB })).toMatchObject({
    level: 'weak',
    advice: expect.stringContaining('APPFLUX_SLOTS'),
  });
  expect(checkMemory({ total: 8 * GIB, available: 6 * GIB })).toEqual({
    level: 'ok',
    text: 'Memory: 6.0 GiB available of 8.0 GiB',
  });
});

test('Node is judged by its major version', () => {
  const versions = (node: string) => checkVersions({ appflux: '0.1.0', node, kernel: '6.1.0' });
  expect(versions('24.21.0')).toEqual({ level: 'ok', text: 'AppFlux 0.1.0, Node 24.21.0, Linux 6.1.0' });
  expect(versions('22.5.0').level).toBe('bad');
});

test.each([
  ['2.6.2', 'ok'],
  ['v2.10.0 h1:abc=', 'ok'],
  ['v3.0.0', 'ok'],
  ['2.5.2', 'bad'],
  ['v1.0.5', 'bad'],
  ['', 'bad'],
])('Caddy %j is %s', (output, level) => {
  expect(checkCaddy(output, false).level).toBe(level);
});

test('Caddy that is missing is bad only where a start can’t install it', () => {
  expect(checkCaddy(null, true)).toMatchObject({
    level: 'weak',
    advice: expect.stringContaining('npm start'),
  });
  expect(checkCaddy(null, false)).toMatchObject({
    level: 'bad',
    advice: expect.stringContaining('apt-get install caddy'),
  });
});

test.each([
  ['ok', 'their process answers', {}],
  ['ok', '1.0 GiB of memory at most', { running: false, answers: false }],
  ['ok', 'switched off', { memoryBytes: 0, answers: false }],
  ['bad', 'does not answer', { answers: false }],
  ['weak', 'more than half', { memoryBytes: 5 * GIB }],
] as const)('servers of sites are %s: %s', (level, text, facts) => {
  const given = { memoryBytes: GIB, totalBytes: 8 * GIB, running: true, answers: true };
  expect(checkServers({ ...given, ...facts })).toMatchObject({ level, text: expect.stringContaining(text) });
});
