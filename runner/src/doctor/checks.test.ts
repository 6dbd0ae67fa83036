import { describe, expect, test } from 'vitest';
import {
  checkDisk,
  checkDiskLimit,
  checkEngine,
  checkGit,
  checkImages,
  checkPictures,
  checkPrepared,
  checkSocketPath,
  checkSsh,
  type EngineFacts,
} from './checks.ts';
import { checkIsolation } from './isolation.ts';

const facts = (change: Partial<EngineFacts> = {}): EngineFacts => ({
  version: '27.0.1',
  apiVersion: '1.46',
  architecture: 'amd64',
  cgroupVersion: '2',
  limits: { memory: true, cpu: true, pids: true },
  runtimes: ['runc', 'runsc'],
  defaultRuntime: 'runc',
  securityOptions: ['name=seccomp,profile=default', 'name=apparmor', 'name=userns'],
  runc: '1.3.3',
  swapLimit: true,
  vsock: false,
  ...change,
});

const strict = { runtime: 'runsc', network: 'proxy', allowPrivateSources: false } as const;
const gigabyte = 1024 ** 3;
const levels = (findings: readonly { level: string }[]) => findings.map(({ level }) => level);

describe('the engine', () => {
  test('that has what is needed is fine', () => {
    expect(levels(checkEngine(facts()))).toEqual(['ok', 'ok']);
  });

  test('that is too old, or cannot keep limits, is bad', () => {
    expect(levels(checkEngine(facts({ apiVersion: '1.39' })))).toEqual(['bad', 'ok']);
    const [, limits] = checkEngine(facts({ limits: { memory: false, cpu: true, pids: false } }));
    expect(limits).toMatchObject({ level: 'bad', text: 'cgroup v2: no limit for memory, pids' });
  });
});

test('an engine that does not count swap is weak', () => {
  const [, , swap] = checkEngine(facts({ swapLimit: false }));
  expect(swap).toMatchObject({ level: 'weak', text: expect.stringContaining('Swap is not limited') });
});

describe('isolation', () => {
  test('of a strict host has nothing weak', () => {
    expect(new Set(levels(checkIsolation(facts(), strict)))).toEqual(new Set(['ok']));
  });

  test('names everything that is weak, with advice', () => {
    const loose = { runtime: undefined, network: 'bridge', allowPrivateSources: true } as const;
    const weak = checkIsolation(facts({ securityOptions: [] }), loose).filter(
      ({ level }) => level === 'weak',
    );
    expect(weak.length).toBe(6);
    for (const { advice } of weak) expect(advice).not.toBe('');
  });

  test.each([
    ['1.1.5+ds1', 'weak'],
    ['1.2.7', 'weak'],
    ['1.2.8', 'ok'],
    ['1.3.2', 'weak'],
    ['1.3.3-rc.1', 'ok'],
    ['1.4.0', 'ok'],
    ['2.0.0', 'ok'],
    ['unknown', 'weak'],
  ])('by runc %s is %s', (runc, level) => {
    const finding = checkIsolation(facts({ runc }), strict).find(({ text }) => text.startsWith('runc'));
    expect(finding).toMatchObject({ level, text: expect.stringContaining(runc) });
  });

  test('of a virtual machine is weak where builds could talk to what runs it, and nothing refuses it', () => {
    const level = (change: Partial<EngineFacts>) =>
      checkIsolation(facts({ vsock: true, ...change }), strict).find(({ text }) => /vsock/.test(text))?.level;
    const old = '20.10.24+dfsg1';
    expect(level({ version: old, architecture: 'riscv64' })).toBe('weak');
    expect(level({ version: old })).toBe('ok');
    expect(level({ version: old, vsock: false })).toBeUndefined();
    expect(level({ version: '28.2.2' })).toBeUndefined();
  });

  test('by a runtime that is not there is bad', () => {
    const findings = checkIsolation(facts({ runtimes: ['runc'] }), strict);
    expect(findings).toContainEqual(
      expect.objectContaining({ level: 'bad', text: expect.stringContaining('no runtime runsc') }),
    );
  });
});

test('the disk is bad below what builds may not touch, and weak when little is left above it', () => {
  expect(checkDisk(0.5 * gigabyte, gigabyte).level).toBe('bad');
  expect(checkDisk(2 * gigabyte, gigabyte).level).toBe('weak');
  expect(checkDisk(50 * gigabyte, gigabyte).level).toBe('ok');
});

test('the disk limit is hard, or weak with the reason why', () => {
  expect(checkDiskLimit({ kind: 'file_system' }, null).level).toBe('ok');
  expect(checkDiskLimit({ kind: 'watch', why: 'only root may' }, null)).toMatchObject({
    level: 'weak',
    text: expect.stringContaining('(only root may)'),
  });
  expect(checkDiskLimit({ kind: 'file_system' }, 'no loop device')).toMatchObject({
    level: 'weak',
    text: expect.stringContaining('(no loop device)'),
  });
});

test('sandboxes can wait, or it is said why they can’t; a host without them is not worse', () => {
  const text = (wanted: number | undefined, why: string | null) => {
    const finding = checkPrepared(wanted, why);
    expect(finding.level).toBe('ok');
    return finding.text.replace('Sandboxes that wait for builds: ', '');
  };
  expect(text(undefined, null)).toBe('supported');
  expect(text(2, 'only root may')).toBe('none (only root may)');
  expect(text(0, null)).toBe('off');
  expect(text(0, 'only root may')).toBe('off');
});

test('an SSH client is needed for private repositories only', () => {
  expect(checkSsh('OpenSSH_9.2p1 Debian-2+deb12u7, OpenSSL 3.0.17 1 Jul 2025')).toEqual({
    level: 'ok',
    text: 'OpenSSH 9.2p1',
  });
  expect(checkSsh(null).level).toBe('weak');
  expect(checkSsh('something else').level).toBe('weak');
});

test('Git is judged by its version', () => {
  expect(checkGit('git version 2.39.5').level).toBe('ok');
  expect(checkGit('git version 3.0.0 (Apple Git-1)').level).toBe('ok');
  expect(checkGit('git version 2.37.0').level).toBe('ok');
  expect(checkGit('git version 2.36.9').level).toBe('weak');
  expect(checkGit(null).level).toBe('bad');
});

test('images are listed with their tools; none at all is bad, unless they are built on demand', () => {
  expect(checkImages([], false)[0]?.level).toBe('bad');
  expect(checkImages([], true)[0]?.level).toBe('weak');
  expect(checkImages([{ name: 'appflux/web-builder', versions: 'node=24\nnpm=11\n' }], false)[0]?.text).toBe(
    'appflux/web-builder: node=24, npm=11',
  );
});

test('a state folder whose path is too long for sockets is bad', () => {
  expect(checkSocketPath(107, 107)).toEqual([]);
  expect(checkSocketPath(120, 107)[0]).toMatchObject({
    level: 'bad',
    text: expect.stringContaining('13 bytes too long'),
  });
});

describe('pictures of sites', () => {
  const pictures = (change: Partial<Parameters<typeof checkPictures>[0]> = {}) =>
    checkPictures({ wanted: true, hasImage: true, canMakeImage: false, lastFailure: null, ...change });
  const lastFailure = { at: '2026-11-20T12:00:00.000Z', reason: 'no space left\non device' };

  test.each([
    [{}, 'ok', 'the image is there'],
    [{ hasImage: false, canMakeImage: true }, 'ok', 'is built when a picture is first wanted'],
    [{ hasImage: false }, 'weak', 'the image is missing'],
    [{ wanted: false, hasImage: false, lastFailure }, 'ok', 'off'],
    [{ lastFailure }, 'weak', 'failed at 2026-11-20T12:00:00.000Z: no space left\ufffdon device'],
  ])('with %o are %s: %s', (change, level, text) => {
    expect(pictures(change)).toMatchObject({ level, text: expect.stringContaining(text) });
    expect(pictures(change).advice === undefined).toBe(level === 'ok');
  });
});
