import {
  mkdir,
  mkdtemp,
  open,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { mountFileSystem, mountsWithin, mountToRead, release, unmountWithin } from './file-system.ts';
import { type DiskHost, diskLimit, diskLimitOf } from './limit.ts';

const MEGABYTE = 1024 ** 2;

test('mounts at and below a folder are found, whatever their names, and no neighbor’s', () => {
  const line = (mount: string) => `36 35 7:0 / ${mount} rw,nosuid shared:1 - ext4 /dev/loop0 rw`;
  const info = ['/', '/w/a-1', '/w/a-1/source', '/w/a-10/source', '/w/a-1/with\\040space\\134']
    .map(line)
    .join('\n');
  expect(mountsWithin(`${info}\n`, '/w/a-1')).toEqual(['/w/a-1', '/w/a-1/source', '/w/a-1/with space\\']);
  expect(mountsWithin('', '/w')).toEqual([]);
});

describe('a file system of its own', () => {
  const host: DiskHost = { platform: 'linux', root: true, missing: [], sharesMounts: true };
  test('is for root on Linux, with an engine that sees the same mounts', () => {
    expect(diskLimitOf(host)).toEqual({ kind: 'file_system' });
  });

  test.each<[string, Partial<DiskHost>, RegExp]>([
    ['another user', { root: false }, /only root/],
    ['another system', { platform: 'darwin' }, /only Linux/],
    ['a host without the programs', { missing: ['mkfs.ext4'] }, /mkfs\.ext4 is missing/],
    ['an engine elsewhere', { sharesMounts: false }, /can’t see/],
  ])('is not available to %s, with a reason', (_, change, why) => {
    expect(diskLimitOf({ ...host, ...change })).toEqual({
      kind: 'watch',
      why: expect.stringMatching(why),
    });
  });

  test('is not taken for granted with an engine that DOCKER_HOST names elsewhere', async () => {
    const before = process.env.DOCKER_HOST;
    process.env.DOCKER_HOST = 'tcp://127.0.0.1:9';
    try {
      expect(await diskLimit()).toMatchObject({ kind: 'watch' });
    } finally {
      if (before === undefined) delete process.env.DOCKER_HOST;
      else process.env.DOCKER_HOST = before;
    }
  });
});

/** Why nothing can be mounted here; null when it can. */
async function noMounting(): Promise<string | null> {
  const limit = await diskLimit();
  return limit.kind === 'watch' ? limit.why : null;
}

describe('a mounted file system', () => {
  let folder: string;
  let image: string;
  let at: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'appflux-disk-'));
    image = join(folder, 'tree.ext4');
    at = join(folder, 'tree');
    await mkdir(at);
  });
  afterEach(async () => {
    await unmountWithin(folder);
    await rm(folder, { recursive: true });
  });

  test('begins empty, belongs to the builder, takes next to nothing, and is gone without a trace', async ({
    skip,
  }) => {
    const why = await noMounting();
    if (why !== null) return skip(why);
    await mountFileSystem(image, at, 10 * 1024 ** 3);
    expect(await readdir(at)).toEqual([]);
    expect(await stat(at)).toMatchObject({ uid: 10_001, gid: 10_001 });
    expect((await stat(image)).blocks * 512).toBeLessThan(20 * MEGABYTE);
    await unmountWithin(folder);
    expect((await stat(at)).uid).toBe(process.getuid?.());
    expect((await execa('losetup', ['--associated', image])).stdout).toBe('');
  });

  test('takes no more than its size, and no device or setuid program', async ({ skip }) => {
    const why = await noMounting();
    if (why !== null) return skip(why);
    await mountFileSystem(image, at, 32 * MEGABYTE);
    await expect(writeFile(join(at, 'large'), Buffer.alloc(64 * MEGABYTE))).rejects.toMatchObject({
      code: 'ENOSPC',
    });
    expect((await stat(join(at, 'large'))).size).toBeLessThan(32 * MEGABYTE);
    const mounted = (await readFile('/proc/self/mountinfo', 'utf8')).split('\n').find((l) => l.includes(at));
    expect(mounted).toMatch(/nosuid,nodev/);
  });

  test('that is in use goes out of sight, and ends with its last user', async ({ skip }) => {
    const why = await noMounting();
    if (why !== null) return skip(why);
    await mountFileSystem(image, at, 32 * MEGABYTE);
    const file = await open(join(at, 'held'), 'w');
    await unmountWithin(folder);
    expect(await readdir(at)).toEqual([]);
    await file.write('still there');
    await file.close();
  });

  test('is found behind a link to its folder', async ({ skip }) => {
    const why = await noMounting();
    if (why !== null) return skip(why);
    await mountFileSystem(image, at, 32 * MEGABYTE);
    await writeFile(join(at, 'inside'), 'x');
    await symlink(folder, `${folder}-link`);
    await unmountWithin(`${folder}-link`);
    await rm(`${folder}-link`);
    expect(await readdir(at)).toEqual([]);
  });

  test('can be read later from its file under another name, by any number, and by none written', async ({
    skip,
  }) => {
    const why = await noMounting();
    if (why !== null) return skip(why);
    await mountFileSystem(image, at, 32 * MEGABYTE);
    await writeFile(join(at, 'file'), 'as it was');
    expect(await release(image, at)).toBe(true);
    const kept = join(folder, 'kept');
    await rename(image, kept);
    const readers = [join(folder, 'a'), join(folder, 'b')];
    for (const reader of readers) await mountToRead(kept, reader);
    for (const reader of readers) {
      expect(await readFile(join(reader, 'file'), 'utf8')).toBe('as it was');
      await expect(writeFile(join(reader, 'file'), 'x')).rejects.toMatchObject({ code: 'EROFS' });
    }
    await unmountWithin(folder);
    expect((await execa('losetup', ['--associated', kept])).stdout).toBe('');
  });

  test('that is mounted elsewhere as well is not free for another use', async ({ skip }) => {
    const why = await noMounting();
    if (why !== null) return skip(why);
    await mountFileSystem(image, at, 32 * MEGABYTE);
    const elsewhere = join(folder, 'elsewhere');
    await mkdir(elsewhere);
    await execa('mount', ['--bind', at, elsewhere]);
    expect(await release(image, at)).toBe(false);
    const held = await open(join(elsewhere, 'held'), 'w');
    await expect(release(image, elsewhere)).rejects.toThrow('busy');
    await held.close();
    expect(await release(image, elsewhere)).toBe(true);
  });

  test('is not read from a file that has none, and leaves nothing', async ({ skip }) => {
    const why = await noMounting();
    if (why !== null) return skip(why);
    await writeFile(image, 'nothing of the kind');
    await expect(mountToRead(image, join(folder, 'a'))).rejects.toThrow();
    expect(await readdir(folder)).toEqual(['tree', 'tree.ext4']);
  });

  test('that cannot be made leaves nothing', async ({ skip }) => {
    const why = await noMounting();
    if (why !== null) return skip(why);
    await expect(mountFileSystem(image, at, 1)).rejects.toThrow();
    expect(await readdir(folder)).toEqual(['tree']);
  });
});
