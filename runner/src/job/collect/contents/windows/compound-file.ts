/**
 * The Compound File Binary format (MS-CFB): a file system of sectors in one file, which Windows Installer uses. Only what
 * is asked for is read: an installer may have gigabytes. Chains of sectors are followed no further than their stream is
 * long, so that a circle ends.
 */
import type { FileHandle } from 'node:fs/promises';
import { MalformedFile } from '../malformed.ts';
import { readAt } from '../read-at.ts';

const SIGNATURE = Buffer.from('d0cf11e0a1b11ae1', 'hex');
const HEADER_BYTES = 512;
/** Numbers of sectors above this have a meaning of their own: the end of a chain, a free sector. */
const LAST_SECTOR = 0xfffffffa;
const ENTRY_BYTES = 128;
const STREAM = 2;
const ROOT = 5;
/** Streams and tables of real installers' databases are far smaller. */
const LARGEST_STREAM = 16 * 1024 * 1024;
const MOST_ENTRIES = 20_000;
/** The table of sectors is read piece by piece; a file of 4 GB has 8,000 pieces of 512 bytes. */
const MOST_TABLE_SECTORS = 70_000;

interface Entry {
  readonly type: number;
  readonly start: number;
  readonly size: number;
}

export class CompoundFile {
  readonly #file: FileHandle;
  readonly #sectorBytes: number;
  readonly #miniSectorBytes: number;
  readonly #miniCutoff: number;
  /** The sectors that the table of sectors is in. */
  readonly #tableSectors: readonly number[];
  readonly #tablePieces = new Map<number, Buffer>();
  #entries: ReadonlyMap<string, Entry> = new Map();
  #miniTable: Buffer = Buffer.alloc(0);
  #miniStream: Buffer = Buffer.alloc(0);

  private constructor(file: FileHandle, header: Buffer, tableSectors: readonly number[]) {
    this.#file = file;
    this.#sectorBytes = sectorBytesOf(header);
    this.#miniSectorBytes = 1 << header.readUInt16LE(32);
    this.#miniCutoff = header.readUInt32LE(56);
    this.#tableSectors = tableSectors;
  }

  /** Opens a compound file. Throws MalformedFile where it is none. */
  static async open(file: FileHandle): Promise<CompoundFile> {
    const header = await readAt(file, 0, HEADER_BYTES);
    if (!header.subarray(0, 8).equals(SIGNATURE)) throw new MalformedFile('no compound file');
    if (header.readUInt16LE(32) !== 6) throw new MalformedFile('mini sectors of an unknown size');
    const opened = new CompoundFile(file, header, await tableSectorsOf(file, header));
    await opened.#readDirectory(header);
    return opened;
  }

  /** The bytes of a stream; null where there is none of that name, or it is larger than is read. */
  async stream(name: string): Promise<Buffer | null> {
    const entry = this.#entries.get(name);
    if (entry === undefined || entry.type !== STREAM || entry.size > LARGEST_STREAM) return null;
    if (entry.size >= this.#miniCutoff) return this.#chain(entry.start, entry.size);
    return this.#miniChain(entry.start, entry.size);
  }

  async #readDirectory(header: Buffer): Promise<void> {
    const entries = new Map<string, Entry>();
    const directory = await this.#chain(header.readUInt32LE(48), MOST_ENTRIES * ENTRY_BYTES, true);
    for (let at = 0; at + ENTRY_BYTES <= directory.length; at += ENTRY_BYTES) {
      const nameBytes = directory.readUInt16LE(at + 64);
      const type = directory.readUInt8(at + 66);
      if ((type !== STREAM && type !== ROOT) || nameBytes < 2 || nameBytes > 64) continue;
      const name = type === ROOT ? '' : directory.toString('utf16le', at, at + nameBytes - 2);
      const entry = { type, start: directory.readUInt32LE(at + 116), size: directory.readUInt32LE(at + 120) };
      if (!entries.has(name)) entries.set(name, entry);
    }
    this.#entries = entries;
    const root = entries.get('');
    if (root === undefined) throw new MalformedFile('no root');
    if (root.size === 0) return;
    if (root.size > LARGEST_STREAM) throw new MalformedFile(`small streams of ${root.size} bytes`);
    // Four bytes for each 64 of the small streams.
    this.#miniTable = await this.#chain(header.readUInt32LE(60), LARGEST_STREAM / 16, true);
    this.#miniStream = await this.#chain(root.start, root.size);
  }

  /** The bytes of a chain of sectors, `size` of them; with `toEnd`, as many as there are up to `size`. */
  async #chain(start: number, size: number, toEnd = false): Promise<Buffer> {
    const sectors: Buffer[] = [];
    let sector = start;
    for (let read = 0; read < size && sector <= LAST_SECTOR; read += this.#sectorBytes) {
      sectors.push(await readAt(this.#file, this.#positionOf(sector), this.#sectorBytes));
      sector = await this.#next(sector);
    }
    const bytes = Buffer.concat(sectors);
    if (toEnd) return bytes;
    if (bytes.length < size) throw new MalformedFile('a stream that ends too early');
    return bytes.subarray(0, size);
  }

  #miniChain(start: number, size: number): Buffer {
    const parts: Buffer[] = [];
    let sector = start;
    for (let read = 0; read < size; read += this.#miniSectorBytes) {
      const at = sector * this.#miniSectorBytes;
      if (sector > LAST_SECTOR || at >= this.#miniStream.length)
        throw new MalformedFile('a small stream that ends too early');
      parts.push(this.#miniStream.subarray(at, at + this.#miniSectorBytes));
      sector = this.#miniTable.readUInt32LE(sector * 4);
    }
    return Buffer.concat(parts).subarray(0, size);
  }

  /** The sector after this one. */
  async #next(sector: number): Promise<number> {
    const perPiece = this.#sectorBytes / 4;
    const index = Math.floor(sector / perPiece);
    const at = this.#tableSectors[index];
    if (at === undefined) throw new MalformedFile(`sector ${sector} is in no table`);
    let piece = this.#tablePieces.get(index);
    if (piece === undefined) {
      piece = await readAt(this.#file, this.#positionOf(at), this.#sectorBytes);
      this.#tablePieces.set(index, piece);
    }
    return piece.readUInt32LE((sector % perPiece) * 4);
  }

  /** The header takes the place of a sector before the first one. */
  #positionOf(sector: number): number {
    return (sector + 1) * this.#sectorBytes;
  }
}

function sectorBytesOf(header: Buffer): number {
  const shift = header.readUInt16LE(30);
  if (shift !== 9 && shift !== 12) throw new MalformedFile('sectors of an unknown size');
  return 1 << shift;
}

/** The header names the first 109 sectors of the table; the others are in a chain of sectors of their own. */
async function tableSectorsOf(file: FileHandle, header: Buffer): Promise<number[]> {
  const sectorBytes = sectorBytesOf(header);
  const count = header.readUInt32LE(44);
  if (count > MOST_TABLE_SECTORS) throw new MalformedFile(`a table of ${count} sectors`);
  const sectors: number[] = [];
  const take = (bytes: Buffer) => {
    for (let at = 0; at + 4 <= bytes.length && sectors.length < count; at += 4)
      sectors.push(bytes.readUInt32LE(at));
  };
  take(header.subarray(76));
  let next = header.readUInt32LE(68);
  while (sectors.length < count && next <= LAST_SECTOR) {
    const more = await readAt(file, (next + 1) * sectorBytes, sectorBytes);
    take(more.subarray(0, sectorBytes - 4));
    next = more.readUInt32LE(sectorBytes - 4);
  }
  return sectors;
}
