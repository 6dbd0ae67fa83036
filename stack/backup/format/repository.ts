/** A backup: its key, its snapshots, and the packs that their content lies in. */
import { createHash, randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { constants, zstdCompress, zstdDecompress } from 'node:zlib';
import type { z } from 'zod';
import { messageOf, StackProblem } from '../../problem.ts';
import { BackupKey, type Protection, protectKey, type Unlock, unprotectKey } from '../key.ts';
import { type BackupStore, notThere } from '../store/store.ts';
import {
  HEADER,
  Header,
  KEY,
  LAYOUT,
  Manifest,
  PACKS,
  packName,
  snapshotName,
  snapshotOf,
} from './manifest.ts';

const compress = promisify(zstdCompress);
const decompress = promisify(zstdDecompress);

/** The largest manifest that is read, in bytes: some ten million chunks. */
const LARGEST_MANIFEST = 1024 ** 3;

export class Repository {
  readonly store: BackupStore;
  readonly header: Header;
  readonly key: BackupKey;

  private constructor(store: BackupStore, header: Header, key: BackupKey) {
    this.store = store;
    this.header = header;
    this.key = key;
  }

  /** Begins a backup in an empty store. */
  static async create(store: BackupStore, protection: Protection): Promise<Repository> {
    const key = await BackupKey.of();
    const header: Header = { format: 'appflux-backup', version: LAYOUT, id: randomBytes(16).toString('hex') };
    // The header goes last: a store without one is empty, one with it has the key too.
    await store.put(KEY, await protectKey(key, protection));
    await store.put(HEADER, Buffer.from(`${JSON.stringify(header)}\n`));
    return new Repository(store, header, key);
  }

  /**
   * Opens a backup with what it is protected by, or with its key where that is known already.
   * @throws StackProblem `backup_locked`, or `backup_damaged` for anything that is no backup of this layout
   */
  static async open(store: BackupStore, unlock: Unlock | { key: BackupKey }): Promise<Repository> {
    const header = await readHeader(store);
    if (header === null) {
      throw new StackProblem('backup_damaged', `There is no backup in ${store.name}`, 'check the path');
    }
    const key = 'key' in unlock ? unlock.key : await unprotectKey(await store.get(KEY), unlock);
    return new Repository(store, header, key);
  }

  /** The ids of its snapshots, the oldest first. */
  async snapshots(): Promise<string[]> {
    return [...(await this.store.list()).keys()].flatMap((name) => snapshotOf(name) ?? []).sort();
  }

  /** @throws StackProblem `backup_damaged` */
  async manifest(id: string): Promise<Manifest> {
    const name = snapshotName(id);
    const opened = await this.key.open(await this.store.get(name), name);
    const manifest = damagedUnless(name, () => parsed(Manifest, opened));
    return manifest.then((read) => {
      if (read.id !== id) throw damaged(name, 'it is another snapshot');
      return read;
    });
  }

  async putManifest(manifest: Manifest): Promise<number> {
    const text = Buffer.from(JSON.stringify(Manifest.parse(manifest)));
    const sealed = await this.key.seal(await compress(text));
    await this.store.put(snapshotName(manifest.id), sealed);
    return sealed.length;
  }

  /** Encrypts and stores a pack. */
  async putPack(content: Uint8Array): Promise<{ id: string; size: number; stored: number }> {
    const sealed = await this.key.seal(content);
    const id = sha256(sealed);
    await this.store.put(packName(id), sealed);
    return { id, size: content.length, stored: sealed.length };
  }

  /** What is in a pack. @throws StackProblem `backup_damaged` */
  async pack({ id, size }: { id: string; size: number }): Promise<Uint8Array> {
    const name = packName(id);
    const sealed = await this.store.get(name);
    if (sha256(sealed) !== id) throw damaged(name, 'its bytes have changed');
    const content = await this.key.open(sealed, name);
    if (content.length !== size) throw damaged(name, 'it has another size');
    return content;
  }

  /** The ids of the packs that are there. */
  async packs(): Promise<Set<string>> {
    const names = [...(await this.store.list()).keys()].filter((name) => name.startsWith(PACKS));
    return new Set(names.map((name) => name.slice(PACKS.length, -'.age'.length)));
  }

  /** Keeps the newest `keep` snapshots, and removes the others with the packs that none of those needs. */
  async prune(keep: number): Promise<{ removed: string[]; packs: number }> {
    const all = await this.snapshots();
    const removed = all.slice(0, Math.max(0, all.length - keep));
    if (removed.length === 0) return { removed, packs: 0 };
    const needed = new Set<string>();
    for (const id of all.slice(removed.length)) {
      for (const pack of (await this.manifest(id)).packs) needed.add(pack.id);
    }
    const unneeded = [...(await this.packs())].filter((id) => !needed.has(id));
    // Snapshots first: one whose packs are gone could not be restored.
    await this.store.remove(removed.map(snapshotName));
    if (unneeded.length > 0) await this.store.remove(unneeded.map(packName));
    return { removed, packs: unneeded.length };
  }
}

/** The header of the backup in a store; null where there is none. @throws StackProblem `backup_damaged` */
export async function readHeader(store: BackupStore): Promise<Header | null> {
  const names = await store.list();
  if (!names.has(HEADER)) {
    if ([...names.keys()].some((name) => name !== KEY)) throw notThere(store.name, HEADER);
    return null;
  }
  const bytes = await store.get(HEADER);
  const version = /"version":\s*(\d+)/.exec(Buffer.from(bytes.subarray(0, 1_000)).toString())?.[1];
  if (Number(version) > LAYOUT) {
    throw new StackProblem(
      'backup_damaged',
      `${store.name} was written by a newer AppFlux (layout ${version})`,
      'use the version of AppFlux that wrote it, or a newer one',
    );
  }
  return damagedUnless(HEADER, () => Header.parse(JSON.parse(Buffer.from(bytes).toString())));
}

/** A chunk as it is stored: compressed where that makes it smaller. */
export async function packChunk(chunk: Uint8Array): Promise<Uint8Array> {
  const level = { params: { [constants.ZSTD_c_compressionLevel]: 1 } };
  const smaller = await compress(chunk, level);
  return smaller.length < chunk.length ? smaller : chunk;
}

/** The chunk of `size` bytes that is stored as `stored`. Throws when it is not that long. */
export async function unpackChunk(stored: Uint8Array, size: number): Promise<Uint8Array> {
  if (stored.length === size) return stored;
  const chunk = await decompress(stored, { maxOutputLength: size });
  if (chunk.length !== size) throw new Error('it has another size');
  return chunk;
}

async function parsed<Schema extends z.ZodType>(
  schema: Schema,
  compressed: Uint8Array,
): Promise<z.output<Schema>> {
  const text = await decompress(compressed, { maxOutputLength: LARGEST_MANIFEST });
  return schema.parse(JSON.parse(text.toString()));
}

async function damagedUnless<Result>(name: string, read: () => Result | Promise<Result>): Promise<Result> {
  try {
    return await read();
  } catch (cause) {
    throw damaged(name, messageOf(cause).slice(0, 200), cause);
  }
}

/** The problem of an object of a backup that is not what was written. */
export const damaged = (name: string, why: string, cause?: unknown): StackProblem =>
  new StackProblem(
    'backup_damaged',
    `The backup is damaged: ${name} can't be used (${why})`,
    'use another copy of the backup',
    { cause },
  );

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
