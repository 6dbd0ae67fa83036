import { describe, expect, test } from 'vitest';
import { sampleJob } from '../testing/sample-job.ts';
import { containerSpec } from './container-spec.ts';
import { diskVerdict } from './disk-watch.ts';
import { imageKind, isAllowedImage } from './images.ts';
import { effectiveLimits } from './limits.ts';
import { makerCommand } from './namespaces/maker-program.ts';
import { makerSpec } from './namespaces/maker-spec.ts';
import { openFilesOf } from './open-files.ts';

describe('an image', () => {
  test.each([
    ['appflux/web-builder', true],
    ['appflux/web-builder:1.2', true],
    ['debian:bookworm', false],
    ['evil/appflux/web-builder', false],
    ['appflux/../../containers/x', false],
    ['appflux/web-builder?x=', false],
    ['appflux/web builder', false],
    ['', false],
  ])('%s is allowed by appflux/*: %s', (image, allowed) => {
    expect(isAllowedImage(image, ['appflux/*'])).toBe(allowed);
  });

  test('of a registry is allowed when its owner says so', () => {
    const patterns = ['registry.example.org:5000/builders/*', 'debian:bookworm-slim'];
    expect(isAllowedImage(`registry.example.org:5000/builders/web@sha256:${'a'.repeat(64)}`, patterns)).toBe(
      true,
    );
    expect(isAllowedImage('debian:bookworm-slim', patterns)).toBe(true);
    expect(isAllowedImage('debian:bookworm-slim-2', patterns)).toBe(false);
  });

  test('of ours has a kind; others go by their name', () => {
    expect(imageKind('appflux/web-builder:2')).toBe('web');
    expect(imageKind('debian:12')).toBe('debian:12');
  });
});

describe('the disk', () => {
  const gigabyte = 1024 ** 3;

  test('is no reason to end while there is room', () => {
    expect(
      diskVerdict({ free: 10 * gigabyte, used: gigabyte, full: false }, 2 * gigabyte, gigabyte),
    ).toBeNull();
    expect(diskVerdict({ free: 10 * gigabyte, used: null, full: false }, 1, gigabyte)).toBeNull();
  });

  test('ends a build that is over its limit', () => {
    expect(
      diskVerdict({ free: 10 * gigabyte, used: 3 * gigabyte, full: false }, 2 * gigabyte, gigabyte)?.message,
    ).toBe('The build wrote 3 GiB. Its limit is 2 GiB');
  });

  test('ends a build whose own file system is full', () => {
    expect(
      diskVerdict({ free: 10 * gigabyte, used: null, full: true }, 2 * gigabyte, gigabyte)?.message,
    ).toBe('The build filled its disk. Its limit is 2 GiB');
  });

  test('of the host is kept from running full', () => {
    expect(diskVerdict({ free: 0.5 * gigabyte, used: 1, full: false }, 2 * gigabyte, gigabyte)).toMatchObject(
      {
        code: 'disk_full',
      },
    );
  });
});

test('of the job’s limits and the owner’s caps, the lower ones count', () => {
  const limits = { ...sampleJob().limits, memoryBytes: 4000, cpus: 2, timeoutSeconds: 600 };
  expect(effectiveLimits(limits, { maxMemory: 1000, maxCpus: 8, maxTimeout: 60 })).toEqual({
    ...limits,
    memoryBytes: 1000,
    timeoutSeconds: 60,
  });
});

test('files that may be open are as many as are enough, and never more than the engine has', () => {
  const limits = (hard: string) =>
    `Limit  Soft Limit  Hard Limit  Units\nMax open files   1024   ${hard}   files\n`;
  expect(openFilesOf(limits('20000'))).toBe(20_000);
  expect(openFilesOf(limits('1073741816'))).toBe(65_536);
  expect(openFilesOf(limits('unlimited'))).toBe(65_536);
  expect(openFilesOf(null)).toBe(65_536);
});

describe('the container of a build', () => {
  const spec = containerSpec({
    image: 'appflux/web-builder',
    runnerId: 'r',
    deploymentId: 'd',
    attempt: 2,
    source: '/state/work/d-2/source',
    workingDir: '/workspace/app',
    environment: { A: 'b=c' },
    limits: { ...sampleJob().limits, memoryBytes: 1024, cpus: 1.5, pids: 99 },
    openFiles: 4096,
    runtime: 'runsc',
    guard: ['confine'],
    network: 'none',
  });

  test('has nothing that it does not need', () => {
    expect(spec.Cmd).toEqual(['confine', '/usr/local/bin/appflux-build']);
    expect(spec.User).toBe('10001:10001');
    expect(spec.HostConfig).toMatchObject({
      CapDrop: ['ALL'],
      SecurityOpt: ['no-new-privileges:true'],
      Privileged: false,
      ReadonlyRootfs: true,
      NetworkMode: 'none',
      Memory: 1024,
      MemorySwap: 1024,
      NanoCpus: 1_500_000_000,
      PidsLimit: 99,
      Runtime: 'runsc',
      LogConfig: { Type: 'none' },
      Ulimits: [
        { Name: 'core', Soft: 1, Hard: 1 },
        { Name: 'nofile', Soft: 4096, Hard: 4096 },
      ],
    });
    expect(spec.HostConfig?.Binds).toBeUndefined();
    expect(JSON.stringify(spec)).not.toContain('docker.sock');
  });

  test('is found by its labels, and gets its variables as they are', () => {
    expect(spec.Labels).toEqual({
      'dev.appflux.runner': 'r',
      'dev.appflux.deployment': 'd',
      'dev.appflux.attempt': '2',
    });
    expect(spec.Env).toEqual(['A=b=c']);
    expect(spec.WorkingDir).toBe('/workspace/app');
  });
});

test('what makes network namespaces has two capabilities, the host’s programs to read, and no network', () => {
  const spec = makerSpec({
    runnerId: 'r',
    imageId: 'sha256:0',
    command: makerCommand('x64') ?? [],
    folders: ['/usr', '/lib64'],
  });
  expect(spec.HostConfig).toMatchObject({
    NetworkMode: 'none',
    CapDrop: ['ALL'],
    CapAdd: ['SYS_ADMIN', 'NET_ADMIN'],
    ReadonlyRootfs: true,
    LogConfig: { Type: 'none' },
    Mounts: [
      { Type: 'bind', Source: '/usr', Target: '/usr', ReadOnly: true },
      { Type: 'bind', Source: '/lib64', Target: '/lib64', ReadOnly: true },
    ],
  });
  expect(spec.HostConfig?.Binds).toBeUndefined();
  expect(spec.Labels).toEqual({ 'dev.appflux.namespaces': 'r' });
  expect(spec.Hostname).toBe('build');
  expect(makerCommand('mips')).toBeNull();
});
