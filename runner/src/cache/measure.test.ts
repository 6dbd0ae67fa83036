import { link, mkdir, mkdtemp, rename, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { connectEngine } from '../sandbox/engine.ts';
import { removeTree } from '../sandbox/remove-tree.ts';
import { measureTree } from './measure.ts';

// Others measure in a container (hosts.docker.test.ts).
const isRoot = process.getuid?.() === 0;

let top: string;

beforeEach(async () => {
  top = await mkdtemp(join(tmpdir(), 'appflux-measure-'));
});
afterEach(() => removeTree(top));

/** What the tree has, and what `du` says of it. */
async function measured() {
  const of = { engine: connectEngine(), runnerId: 'none', image: 'none', path: top };
  const own = await measureTree({ ...of, signal: new AbortController().signal });
  const du = async (option: string) =>
    Number.parseInt((await execa('du', [option, '-s', '-x', top])).stdout, 10);
  return { own, du: { files: await du('--inodes'), bytes: await du('--block-size=1') } };
}

test.skipIf(!isRoot)('an empty folder is measured as `du` does it', async () => {
  const { own, du } = await measured();
  expect(own).toEqual(du);
});

test.skipIf(!isRoot)('links are not followed, and a file with two names counts once', async () => {
  await mkdir(join(top, 'a/b'), { recursive: true });
  await writeFile(join(top, 'a/b/file'), Buffer.alloc(100_000, 1));
  await writeFile(Buffer.from(join(top, 'a/\xff'), 'latin1'), 'x');
  await link(join(top, 'a/b/file'), join(top, 'a/again'));
  await symlink('/usr', join(top, 'a/usr'));
  await symlink('..', join(top, 'a/b/up'));
  const { own, du } = await measured();
  expect(own).toEqual(du);
  expect(own?.files).toBe(7);
});

test.skipIf(!isRoot).each([199, 200, 500])(
  '%i files are counted, however few a program is started for',
  async (count) => {
    for (let index = 0; index < count; index += 1) await writeFile(join(top, `${index}`), 'x');
    const { own, du } = await measured();
    expect(own).toEqual(du);
    expect(own?.files).toBe(count + 1);
  },
);

test.skipIf(!isRoot)('a tree whose paths are too long for one call is measured nevertheless', async () => {
  const chain = Array.from({ length: 14 }, () => 'd'.repeat(250));
  const [upper, lower] = ['upper', 'lower'].map((name) => join(top, name, ...chain));
  for (const folder of [upper, lower]) await mkdir(folder ?? '', { recursive: true });
  await rename(join(top, 'lower'), join(upper ?? '', 'lower'));
  const { own, du } = await measured();
  expect(own).toEqual(du);
  expect(own?.files).toBe(31);
});
