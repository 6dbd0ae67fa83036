/** The clone that an instance runs from, with real git. */
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Checkout } from './checkout.ts';
import { besides, exchange, exchangeBack } from './packages.ts';

let folder: string;
let remote: string;
let root: string;

const git = async (cwd: string, ...args: string[]) =>
  (await execa('git', ['-c', 'user.name=test', '-c', 'user.email=test@example.org', ...args], { cwd }))
    .stdout;

async function version(text: string): Promise<string> {
  await writeFile(join(remote, 'version'), text);
  await git(remote, 'add', '.');
  await git(remote, 'commit', '--quiet', '--message', text);
  return git(remote, 'rev-parse', 'HEAD');
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'appflux-checkout-'));
  remote = join(folder, 'remote');
  root = join(folder, 'appflux');
  await mkdir(remote);
  await git(remote, 'init', '--quiet', '--initial-branch=main');
  await version('one');
  await git(folder, 'clone', '--quiet', remote, root);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const checkedOut = () => readFile(join(root, 'version'), 'utf8');
const fetched = async () => {
  const checkout = await Checkout.open(root);
  await checkout.fetch();
  return checkout;
};

describe('the version to upgrade to', () => {
  test('is the remote’s main branch where it has no tags; the branch moves along, and back', async () => {
    const two = await version('two');
    const checkout = await fetched();
    const before = await checkout.position();
    const target = await checkout.target(null);
    expect(target).toEqual({ commit: two, name: 'origin/main', isUpstream: true });
    expect(await checkout.contains(before.commit, target.commit)).toBe(false);
    await checkout.switchTo(target);
    expect(await checkedOut()).toBe('two');
    expect(await checkout.position()).toEqual({ commit: two, branch: 'main' });
    expect(await checkout.contains(two, before.commit)).toBe(true);
    await checkout.switchBack(before);
    expect(await checkedOut()).toBe('one');
    expect(await checkout.position()).toEqual(before);
  });

  test('is taken back also where git was killed in the middle', async () => {
    await version('two');
    const checkout = await fetched();
    const before = await checkout.position();
    await checkout.switchTo(await checkout.target(null));
    await writeFile(join(root, 'version'), 'half');
    const again = await Checkout.open(root, { mayHaveChanges: true });
    await again.forceBack(before);
    expect(await checkedOut()).toBe('one');
    expect(await again.position()).toEqual(before);
  });

  test('is the newest tag, which is checked out without a branch', async () => {
    const two = await version('two');
    await git(remote, 'tag', 'v1.2.0');
    await version('three');
    const checkout = await fetched();
    const before = await checkout.position();
    await checkout.switchTo(await checkout.target(null));
    expect(await checkout.position()).toEqual({ commit: two, branch: null });
    await checkout.switchBack(before);
    expect(await checkout.position()).toEqual(before);
  });

  test('is what is asked for: a branch of the remote, a tag or a commit', async () => {
    const two = await version('two');
    await git(remote, 'checkout', '--quiet', '-b', 'next');
    const three = await version('three');
    const checkout = await fetched();
    for (const [to, commit] of [
      ['next', three],
      ['main', two],
      [two, two],
      [three.slice(0, 8), three],
    ] as const)
      expect((await checkout.target(to)).commit).toBe(commit);
    await expect(checkout.target('v9')).rejects.toMatchObject({ code: 'upgrade_refused' });
  });
});

test.each(['a folder without git', 'a folder inside of a clone'])('%s is refused', async (what) => {
  const inside = what.endsWith('clone') ? join(root, 'stack') : join(folder, 'plain');
  await mkdir(inside);
  await expect(Checkout.open(inside)).rejects.toMatchObject({ code: 'upgrade_refused' });
});

test('changes are refused by name, and files that git does not know are not changes', async () => {
  await writeFile(join(root, 'notes.txt'), 'mine');
  await Checkout.open(root);
  await writeFile(join(root, 'version'), 'mine');
  await expect(Checkout.open(root)).rejects.toMatchObject({
    code: 'upgrade_refused',
    message: expect.stringContaining('version'),
  });
});

test('a remote that can’t be reached is refused', async () => {
  const checkout = await Checkout.open(root);
  await rm(remote, { recursive: true });
  await expect(checkout.fetch()).rejects.toMatchObject({ code: 'upgrade_refused' });
});

describe('packages and the dashboard', () => {
  const put = async (path: string, text: string) => {
    await mkdir(join(path, '..'), { recursive: true });
    await writeFile(path, text);
  };

  test('are exchanged by renaming, and back', async () => {
    const { next } = besides(root);
    await put(join(root, 'node_modules', 'a'), 'old');
    await put(join(root, 'dashboard', 'build', 'index.html'), 'old');
    await put(join(next, 'node_modules', 'a'), 'new');
    await put(join(next, 'stack', 'node_modules', 'b'), 'only in the new version');
    await exchange(root);
    expect(await readFile(join(root, 'node_modules', 'a'), 'utf8')).toBe('new');
    expect(existsSync(join(root, 'stack', 'node_modules', 'b'))).toBe(true);
    await exchangeBack(root);
    expect(await readFile(join(root, 'node_modules', 'a'), 'utf8')).toBe('old');
    expect(await readFile(join(root, 'dashboard', 'build', 'index.html'), 'utf8')).toBe('old');
    expect(existsSync(join(root, 'stack', 'node_modules', 'b'))).toBe(false);
  });

  test('are put back where the exchange broke off', async () => {
    const { previous } = besides(root);
    // It was put aside, and the new ones were not in place yet.
    await put(join(previous, 'node_modules', 'a'), 'old');
    await exchangeBack(root);
    expect(await readFile(join(root, 'node_modules', 'a'), 'utf8')).toBe('old');
  });

  test('stay as they are where nothing was exchanged', async () => {
    await put(join(root, 'node_modules', 'a'), 'old');
    await exchangeBack(root);
    expect(await readFile(join(root, 'node_modules', 'a'), 'utf8')).toBe('old');
  });
});
