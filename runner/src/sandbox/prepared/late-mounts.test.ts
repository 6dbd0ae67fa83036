import { mkdir, mkdtemp, readFile, realpath, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { MountSettings } from 'dockerode';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { attemptMount, plainMount } from '../../cache/mount.ts';
import { workFolder } from '../attempt-folder.ts';
import { netMount } from '../container-spec.ts';
import { mountsWithin } from '../disk/file-system.ts';
import { lateMounts, mountLate } from './late-mounts.ts';

const folder = workFolder('/state', 'prepared-1');
const WRITTEN = { upper: '/state/up', work: '/state/work' };
const of = (...mounts: (MountSettings | null)[]) =>
  lateMounts(
    mounts.filter((mount) => mount !== null),
    folder,
  );

describe('what a waiting container is given', () => {
  test('is its cache, as a folder or as layers, and packages in its source tree', () => {
    const packages = plainMount(WRITTEN, '/workspace/site/node_modules');
    expect(of(plainMount(WRITTEN), packages)).toEqual([
      { args: ['--bind', '--', '/state/up', folder.cacheMount], at: folder.cacheMount },
      {
        args: ['--bind', '--', '/state/up', `${folder.workspace.source}/site/node_modules`],
        at: `${folder.workspace.source}/site/node_modules`,
      },
    ]);
    const [layers] = of(attemptMount(WRITTEN, ['/state/a', '/state/b'])) ?? [];
    expect(layers?.args.slice(0, 3)).toEqual(['-t', 'overlay', '-o']);
    expect(layers?.args[3]).toContain('lowerdir=/state/a:/state/b,upperdir=/state/up,workdir=/state/work');
    expect(layers?.args.slice(4)).toEqual(['--', 'overlay', folder.cacheMount]);
  });

  test('is not its network, which it has', () => {
    expect(of(netMount(folder.net))).toEqual([]);
  });

  test.each<[string, MountSettings]>([
    ['the app’s files', { Type: 'bind', Source: '/dev/shm/x', Target: '/run/appflux-files', ReadOnly: true }],
    ['another network’s folder', netMount('/state/other')],
    ['the source tree itself', plainMount(WRITTEN, '/workspace')],
    ['a path that leads out of the source tree', plainMount(WRITTEN, '/workspace/../etc')],
    ['a folder that only begins like it', plainMount(WRITTEN, '/workspaces/a')],
    ['a mount that can’t be written', { ...plainMount(WRITTEN), ReadOnly: true }],
    ['a volume of a name', { Type: 'volume', Source: 'name', Target: '/cache' } as MountSettings],
  ])('cannot be %s', (_, mount) => {
    expect(of(mount, plainMount(WRITTEN))).toBeNull();
  });
});

describe('mounting', () => {
  let top: string;

  beforeEach(async () => {
    top = await realpath(await mkdtemp(join(tmpdir(), 'appflux-late-')));
  });
  afterEach(() => rm(top, { recursive: true }));

  test('follows no link of a project', async () => {
    await mkdir(join(top, 'elsewhere'));
    await symlink(join(top, 'elsewhere'), join(top, 'node_modules'));
    const at = join(top, 'node_modules');
    await expect(mountLate(top, [{ args: ['--bind', '--', top, at], at }])).rejects.toThrow(
      'leads elsewhere',
    );
    if (process.platform !== 'linux') return;
    expect(mountsWithin(await readFile('/proc/self/mountinfo', 'utf8'), top)).toEqual([]);
  });
});
