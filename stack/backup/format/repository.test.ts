import { mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isStackProblem } from '../../problem.ts';
import { openStore } from '../store/open.ts';
import { verifyBackup } from '../verify.ts';
import type { Manifest } from './manifest.ts';
import { HEADER, KEY, Manifest as ManifestSchema } from './manifest.ts';
import { writeFiles } from './read.ts';
import { Repository } from './repository.ts';
import { SnapshotWriter, type Written } from './write.ts';

// A passphrase is slow to try, on purpose, so most tests use a key.
const OWN = await generateX25519Identity();
const PROTECTION = { kind: 'recipients', recipients: [await identityToRecipient(OWN)] } as const;
const UNLOCK = { identities: [OWN] };

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'appflux-repository-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function* pieces(...parts: (string | Uint8Array)[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) yield Buffer.from(part as string);
}

const ABOUT = {
  at: '2026-11-29T08:00:00.000Z',
  source: 'local',
  running: true,
  pausedMs: 1,
} as const;

/** Adds a snapshot of these files to a backup, on top of the newest one. */
async function snapshot(
  repository: Repository,
  number: number,
  files: Record<string, string | Uint8Array>,
): Promise<Written> {
  const newest = (await repository.snapshots()).at(-1);
  const previous = newest === undefined ? null : await repository.manifest(newest);
  const writer = new SnapshotWriter(repository, previous, await repository.packs());
  for (const [path, content] of Object.entries(files))
    await writer.add({ path, kind: 'file' }, pieces(content));
  return writer.finish({ ...ABOUT, missing: [], id: idOf(number) });
}

const idOf = (number: number) => `20261129T08000${number}Z-00000${number}`;

/** Bytes that compress to nothing smaller, the same for the same seed. */
function noise(bytes: number, seed = 1): Buffer {
  let state = seed;
  return Buffer.from(
    Uint8Array.from({ length: bytes }, () => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
      return state >>> 16;
    }),
  );
}

async function contents(repository: Repository, id: string): Promise<Record<string, string>> {
  const manifest = await repository.manifest(id);
  const into = await mkdtemp(join(folder, 'read-'));
  await writeFiles(repository, manifest, manifest.files, into);
  const entries = manifest.files.map(
    async ({ path }) => [path, await readFile(join(into, path), 'latin1')] as const,
  );
  return Object.fromEntries(await Promise.all(entries));
}

describe.each(['file', 'folder'] as const)('a backup in a %s', (kind) => {
  let target: string;
  const again = async () => Repository.open(await openStore(target), UNLOCK);
  const large = noise(700_000);

  beforeAll(async () => {
    target = join(folder, kind === 'file' ? 'one.backup' : 'several/');
    const store = await openStore(target);
    const repository = await Repository.create(store, PROTECTION);
    await snapshot(repository, 1, { 'a/large': large, empty: '', text: 'first' });
    await store.close();
  });

  const size = async () => {
    if (kind === 'file') return (await stat(target)).size;
    const entries = await readdir(target, { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile());
    const sizes = await Promise.all(
      files.map(async (file) => (await stat(join(file.parentPath, file.name))).size),
    );
    return sizes.reduce((sum, one) => sum + one, 0);
  };

  test('gives back what was put into it', async () => {
    const read = await contents(await again(), idOf(1));
    expect(read).toEqual({ 'a/large': large.toString('latin1'), empty: '', text: 'first' });
  });

  test('grows by what has changed', async () => {
    const before = await size();
    const repository = await again();
    const changed = Buffer.from(large);
    changed.fill(7, 300_000, 300_100);
    const { stored, total } = await snapshot(repository, 2, {
      'a/large': changed,
      empty: '',
      text: 'second',
    });
    await repository.store.close();
    expect(total).toBe(700_006);
    expect((await size()) - before).toBeLessThan(140_000);
    expect(stored).toBeLessThan(140_000);
    expect(await contents(await again(), idOf(1))).toMatchObject({
      text: 'first',
      'a/large': large.toString('latin1'),
    });
    expect(await contents(await again(), idOf(2))).toMatchObject({
      text: 'second',
      'a/large': changed.toString('latin1'),
    });
    expect(await verifyBackup(await again())).toMatchObject({ cutOff: false, snapshots: [{}, {}] });
  });

  test('removes older snapshots, and what only they had', async () => {
    const repository = await again();
    await snapshot(repository, 3, { text: 'third' });
    expect(await repository.prune(1)).toMatchObject({ removed: [idOf(1), idOf(2)] });
    await repository.store.close();
    expect(await (await again()).snapshots()).toEqual([idOf(3)]);
    expect(await contents(await again(), idOf(3))).toEqual({ text: 'third' });
    expect(await size()).toBeLessThan(10_000);
    await verifyBackup(await again());
  });
});

test('a pack that is hardly used any more is left behind, so that it goes with the snapshots that need it', async () => {
  const store = await openStore(join(folder, 'aging/'));
  const repository = await Repository.create(store, PROTECTION);
  const lasting = noise(10_000, 2);
  await snapshot(repository, 1, { lasting, passing: noise(100_000, 3) });
  await snapshot(repository, 2, { lasting });
  // The second one used a tenth of the pack, so the third has the rest in a pack of its own.
  await snapshot(repository, 3, { lasting });
  expect((await repository.prune(1)).packs).toBe(1);
  expect(await contents(repository, idOf(3))).toEqual({ lasting: lasting.toString('latin1') });
});

test('a pack that has gone missing is made up for by the next snapshot', async () => {
  const target = join(folder, 'holes/');
  const repository = await Repository.create(await openStore(target), PROTECTION);
  await snapshot(repository, 1, { text: 'the same' });
  for (const name of await readdir(join(target, 'packs'))) await rm(join(target, 'packs', name));
  await expect(verifyBackup(repository)).rejects.toMatchObject({ code: 'backup_damaged' });
  await snapshot(repository, 2, { text: 'the same' });
  expect(await contents(repository, idOf(2))).toEqual({ text: 'the same' });
});

test('a passphrase protects a backup, and no other opens it', async () => {
  const store = await openStore(join(folder, 'passphrase/'));
  const passphrase = 'correct horse battery';
  await snapshot(await Repository.create(store, { kind: 'passphrase', passphrase }), 1, { text: 'x' });
  expect(await (await Repository.open(store, { passphrase })).snapshots()).toEqual([idOf(1)]);
  for (const unlock of [{}, { passphrase: 'correct horse batterz' }])
    await expect(Repository.open(store, unlock)).rejects.toMatchObject({ code: 'backup_locked' });
});

test('age recipients protect a backup, and their identities open it', async () => {
  const [own, other] = [await generateX25519Identity(), await generateX25519Identity()];
  const store = await openStore(join(folder, 'recipients/'));
  const recipients = [await identityToRecipient(own)];
  await snapshot(await Repository.create(store, { kind: 'recipients', recipients }), 1, { text: 'x' });
  expect(await (await Repository.open(store, { identities: [other, own] })).snapshots()).toEqual([idOf(1)]);
  for (const unlock of [{ identities: [other] }, UNLOCK, { passphrase: 'a passphrase' }])
    await expect(Repository.open(store, unlock)).rejects.toMatchObject({ code: 'backup_locked' });
  await expect(
    Repository.create(await openStore(join(folder, 'none/')), { kind: 'recipients', recipients: ['age1x'] }),
  ).rejects.toMatchObject({ code: 'arguments_invalid' });
});

describe('a backup file that is damaged', () => {
  let bytes: Buffer;
  let target: string;

  beforeAll(async () => {
    target = join(folder, 'whole.backup');
    const store = await openStore(target);
    const repository = await Repository.create(store, PROTECTION);
    await snapshot(repository, 1, { text: 'first', large: noise(3_000) });
    await snapshot(repository, 2, { text: 'second', large: noise(3_000) });
    await store.close();
    bytes = await readFile(target);
  });

  const verdict = async (path: string) => {
    try {
      const repository = await Repository.open(await openStore(path), UNLOCK);
      const { snapshots, cutOff } = await verifyBackup(repository);
      return cutOff ? 'cut off' : `${snapshots.length} snapshots`;
    } catch (error) {
      if (isStackProblem(error)) return error.code;
      throw error;
    }
  };

  test('is one that tar unpacks, and a folder of it is a backup too', async () => {
    const into = await mkdtemp(join(folder, 'unpacked-'));
    await execa('tar', ['-xf', target, '-C', into]);
    expect(await verdict(into)).toBe('2 snapshots');
    expect(await readdir(into)).toEqual([HEADER, KEY, 'packs', 'snapshots']);
  });

  test('is refused or said to be cut off, wherever it ends', async () => {
    const path = join(folder, 'shorter.backup');
    const ends = [0, 1, 511, 512, 700, 1_100, 1_536, 2_048, bytes.length - 1_024, bytes.length - 1];
    for (const end of ends) {
      await writeFile(path, bytes.subarray(0, end));
      expect([end, await verdict(path)]).toEqual([
        end,
        expect.stringMatching(/^(?:cut off|backup_damaged|backup_locked)$/),
      ]);
    }
  });

  test('is never said to be whole with a byte changed', async () => {
    const path = join(folder, 'changed.backup');
    const names: string[] = [];
    for (let at = 0; at + 1_024 < bytes.length; ) {
      const name = bytes.toString('latin1', at, at + 100).split('\0')[0] ?? '';
      const size = Number.parseInt(bytes.toString('latin1', at + 124, at + 135), 8);
      names.push(name);
      for (const spot of [at + 1, at + 130, at + 512, at + 512 + Math.floor(size / 2), at + 512 + size - 1]) {
        const changed = Buffer.from(bytes);
        changed[spot] = (changed[spot] ?? 0) ^ 1;
        await writeFile(path, changed);
        // The header holds nothing that an attacker could gain from but its id.
        if (name === HEADER && spot >= at + 512) continue;
        expect([name, spot, await verdict(path)]).toEqual([
          name,
          spot,
          expect.stringMatching(/^(?:cut off|backup_damaged|backup_locked)$/),
        ]);
      }
      at += 512 + Math.ceil(size / 512) * 512;
    }
    expect(names).toHaveLength(6);
  });

  test('goes on after a write that broke off: the next backup replaces the rest', async () => {
    const path = join(folder, 'broken-off.backup');
    await writeFile(path, bytes);
    await truncate(path, bytes.length - 1_500);
    expect(await verdict(path)).toBe('cut off');
    const repository = await Repository.open(await openStore(path), UNLOCK);
    expect(await repository.snapshots()).toEqual([idOf(1)]);
    await snapshot(repository, 3, { text: 'third' });
    await repository.store.close();
    expect(await verdict(path)).toBe('2 snapshots');
  });

  test('is refused when it is something else', async () => {
    const path = join(folder, 'other');
    for (const other of ['', 'no backup', Buffer.alloc(4_096), noise(4_096)]) {
      await writeFile(path, other);
      expect(await verdict(path)).toBe('backup_damaged');
    }
    await execa('tar', ['-cf', path, '-C', folder, 'whole.backup']);
    expect(await verdict(path)).toBe('backup_damaged');
    expect(await verdict(join(folder, 'nothing'))).toBe('backup_damaged');
  });

  test('of a newer layout is refused by name', async () => {
    const into = join(folder, 'newer/');
    const store = await openStore(into);
    await Repository.create(store, PROTECTION);
    await store.put(HEADER, Buffer.from('{"format":"appflux-backup","version":2,"id":"x","more":[]}'));
    await expect(Repository.open(store, UNLOCK)).rejects.toThrow(/newer AppFlux \(layout 2\)/);
  });
});

test.each([
  ['a path out of the folder', { files: [{ path: '../x', kind: 'file', size: 0, chunks: [] }] }],
  ['an absolute path', { files: [{ path: '/etc/x', kind: 'file', size: 0, chunks: [] }] }],
  ['a path with a step up inside', { files: [{ path: 'a/../../x', kind: 'file', size: 0, chunks: [] }] }],
  ['a chunk that is not there', { files: [{ path: 'x', kind: 'file', size: 1, chunks: [0] }] }],
  ['another size', { files: [{ path: 'x', kind: 'file', size: 1, chunks: [] }] }],
  [
    'a chunk outside its pack',
    { chunks: [['a'.repeat(40), 0, 5, 6, 6]], packs: [{ id: 'a'.repeat(64), size: 10 }] },
  ],
])('a manifest with %s is refused', (_, change) => {
  const manifest: Manifest = { ...ABOUT, missing: [], id: idOf(1), files: [], packs: [], chunks: [] };
  expect(ManifestSchema.safeParse(manifest).success).toBe(true);
  expect(ManifestSchema.safeParse({ ...manifest, ...change }).success).toBe(false);
});
