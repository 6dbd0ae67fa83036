/**
 * SquashFS 4.0, the file system in an AppImage (docs.kernel.org/filesystems/squashfs.html): enough of it to read a small
 * file by its path. Everything in it is bounded: directories, links, and what a block unpacks to.
 */
import type { FileHandle } from 'node:fs/promises';
import { MalformedFile } from '../malformed.ts';
import { readAt } from '../read-at.ts';
import { type Packing, unpack } from '../unpack.ts';

const MAGIC = 'hsqs';
const PACKINGS = new Map<number, Packing>([
  [1, 'zlib'],
  [4, 'xz'],
  [6, 'zstd'],
]);
/** What a metadata block unpacks to, at most. */
const METADATA_BYTES = 8192;
const MOST_BLOCK_BYTES = 1024 * 1024;
const LARGEST_LISTING = 1024 * 1024;
const MOST_LINKS = 8;
const NO_FRAGMENT = 0xffffffff;
/** Of a block's size: it is stored as it is. */
const STORED_BLOCK = 1 << 24;

const DIRECTORY = 1;
const FILE = 2;
const LINK = 3;
/** Types of inodes that hold more have numbers that are higher by this. */
const EXTENDED = 7;
/** How many bytes an inode of a type has before its lists. What follows the last one is of another table. */
const INODE_BYTES = new Map([
  [DIRECTORY, 32],
  [FILE, 32],
  [LINK, 24],
  [DIRECTORY + EXTENDED, 40],
  [FILE + EXTENDED, 56],
  [LINK + EXTENDED, 24],
]);

/** Where an inode is: the start of its block and its place in that, unpacked. */
interface Place {
  readonly block: number;
  readonly offset: number;
}

export interface Named {
  readonly name: string;
  readonly place: Place;
}

export class Squashfs {
  readonly #file: FileHandle;
  /** Where in the file the file system begins. */
  readonly #base: number;
  readonly #packing: Packing;
  readonly #blockBytes: number;
  readonly #tables: { readonly inodes: number; readonly directories: number; readonly fragments: number };
  readonly root: Place;

  private constructor(file: FileHandle, base: number, head: Buffer) {
    const packing = PACKINGS.get(head.readUInt16LE(20));
    if (packing === undefined) throw new MalformedFile(`packed by method ${head.readUInt16LE(20)}`);
    this.#file = file;
    this.#base = base;
    this.#packing = packing;
    this.#blockBytes = head.readUInt32LE(12);
    if (this.#blockBytes > MOST_BLOCK_BYTES) throw new MalformedFile(`blocks of ${this.#blockBytes} bytes`);
    const position = (at: number) => Number(head.readBigUInt64LE(at));
    this.#tables = { inodes: position(64), directories: position(72), fragments: position(80) };
    this.root = placeOf(head.readBigUInt64LE(32));
  }

  /** The file system that begins at `base`. Throws MalformedFile where there is none. */
  static async open(file: FileHandle, base: number): Promise<Squashfs> {
    const head = await readAt(file, base, 96);
    if (head.toString('latin1', 0, 4) !== MAGIC) throw new MalformedFile('no SquashFS');
    return new Squashfs(file, base, head);
  }

  /** What a directory holds. Throws MalformedFile where it is none. */
  async list(directory: Place): Promise<Named[]> {
    const { type, isExtended, inode } = await this.#inode(directory);
    if (type !== DIRECTORY) throw new MalformedFile('no directory');
    const size = (isExtended ? inode.readUInt32LE(20) : inode.readUInt16LE(24)) - 3;
    const block = isExtended ? inode.readUInt32LE(24) : inode.readUInt32LE(16);
    const offset = isExtended ? inode.readUInt16LE(34) : inode.readUInt16LE(26);
    if (size > LARGEST_LISTING) throw new MalformedFile(`a directory of ${size} bytes`);
    if (size <= 0) return [];
    return namesIn(await this.#metadata(this.#tables.directories, { block, offset }, size));
  }

  /** The text of a file by its path from the root, following links within; null where there is none, or it is larger. */
  async text(path: string, maxBytes: number): Promise<string | null> {
    const parts = path.split('/');
    let place = this.root;
    let links = 0;
    for (let index = 0; index < parts.length; index += 1) {
      const part = parts[index] ?? '';
      if (part === '' || part === '.') continue;
      if (part === '..') return null;
      const found = (await this.list(place)).find(({ name }) => name === part);
      if (found === undefined) return null;
      const { type, inode } = await this.#inode(found.place);
      if (type !== LINK) {
        place = found.place;
        continue;
      }
      links += 1;
      if (links > MOST_LINKS) return null;
      const length = inode.readUInt32LE(20);
      if (length > 1024) return null;
      const target = (await this.#metadata(this.#tables.inodes, found.place, 24 + length)).toString(
        'utf8',
        24,
      );
      if (target.startsWith('/')) return null;
      // The link stands in the place of its own name, in the same directory.
      return this.text([...parts.slice(0, index), target, ...parts.slice(index + 1)].join('/'), maxBytes);
    }
    return (await this.#contents(place, maxBytes))?.toString('utf8') ?? null;
  }

  /** An inode without its lists, and its type as if it held nothing more. */
  async #inode(place: Place): Promise<{ type: number; isExtended: boolean; inode: Buffer }> {
    const type = (await this.#metadata(this.#tables.inodes, place, 2)).readUInt16LE(0);
    const length = INODE_BYTES.get(type);
    if (length === undefined) return { type: 0, isExtended: false, inode: Buffer.alloc(0) };
    const inode = await this.#metadata(this.#tables.inodes, place, length);
    const isExtended = type > EXTENDED;
    return { type: isExtended ? type - EXTENDED : type, isExtended, inode };
  }

  /** The bytes of a file that lies in one block, or in a fragment of one. */
  async #contents(place: Place, maxBytes: number): Promise<Buffer | null> {
    const { type, isExtended, inode } = await this.#inode(place);
    if (type !== FILE) return null;
    const size = isExtended ? Number(inode.readBigUInt64LE(24)) : inode.readUInt32LE(28);
    if (size > Math.min(maxBytes, this.#blockBytes)) return null;
    const fragment = inode.readUInt32LE(isExtended ? 44 : 20);
    const offset = inode.readUInt32LE(isExtended ? 48 : 24);
    if (fragment !== NO_FRAGMENT) return (await this.#fragment(fragment)).subarray(offset, offset + size);
    const start = isExtended ? Number(inode.readBigUInt64LE(16)) : inode.readUInt32LE(16);
    const whole = await this.#metadata(this.#tables.inodes, place, inode.length + 4);
    return (await this.#block(start, whole.readUInt32LE(inode.length))).subarray(0, size);
  }

  /** A block that the ends of several files share. Its place is in a table of metadata blocks of 512 entries. */
  async #fragment(index: number): Promise<Buffer> {
    const table = await readAt(
      this.#file,
      this.#base + this.#tables.fragments + Math.floor(index / 512) * 8,
      8,
    );
    const place = { block: 0, offset: (index % 512) * 16 };
    const entry = await this.#metadata(Number(table.readBigUInt64LE(0)), place, 16);
    return this.#block(Number(entry.readBigUInt64LE(0)), entry.readUInt32LE(8));
  }

  async #block(start: number, size: number): Promise<Buffer> {
    const length = size & (STORED_BLOCK - 1);
    if (length > MOST_BLOCK_BYTES) throw new MalformedFile(`a block of ${length} bytes`);
    const bytes = await readAt(this.#file, this.#base + start, length);
    return (size & STORED_BLOCK) !== 0 ? bytes : unpack(this.#packing, bytes, this.#blockBytes);
  }

  /** `length` bytes of a table that consists of metadata blocks. */
  async #metadata(table: number, { block, offset }: Place, length: number): Promise<Buffer> {
    const parts: Buffer[] = [];
    let have = -offset;
    for (let at = this.#base + table + block; have < length; ) {
      const head = (await readAt(this.#file, at, 2)).readUInt16LE(0);
      const size = head & 0x7fff;
      const bytes = await readAt(this.#file, at + 2, size);
      const part = (head & 0x8000) !== 0 ? bytes : await unpack(this.#packing, bytes, METADATA_BYTES);
      parts.push(part);
      have += part.length;
      // Only the last block of a table may hold less: otherwise very many tiny ones would have to be read.
      if (part.length < METADATA_BYTES && have < length) throw new MalformedFile('a block that is not full');
      at += 2 + size;
    }
    return Buffer.concat(parts).subarray(offset, offset + length);
  }
}

/** A reference to an inode: the block in the upper 48 bits, the offset in the lower 16. */
const placeOf = (reference: bigint): Place => ({
  block: Number(reference >> 16n),
  offset: Number(reference & 0xffffn),
});

function namesIn(listing: Buffer): Named[] {
  const names: Named[] = [];
  for (let at = 0; at + 12 <= listing.length; ) {
    const count = listing.readUInt32LE(at) + 1;
    const block = listing.readUInt32LE(at + 4);
    at += 12;
    for (let index = 0; index < count; index += 1) {
      const end = at + 8 + listing.readUInt16LE(at + 6) + 1;
      if (end > listing.length) throw new MalformedFile('a name outside its directory');
      names.push({
        name: listing.toString('utf8', at + 8, end),
        place: { block, offset: listing.readUInt16LE(at) },
      });
      at = end;
    }
  }
  return names;
}
