/** Writes ZIPs byte by byte (APPNOTE 6.3.10), for tests: yazl refuses to make the ones that matter here. */
import { crc32, deflateRawSync } from 'node:zlib';

export interface ZipMember {
  readonly name: string | Buffer;
  readonly content?: string | Buffer;
  /** What the directory says, whatever is true. */
  readonly size?: number;
  readonly packedSize?: number;
  readonly crc?: number;
  readonly method?: number;
  readonly flags?: number;
  /** Unix mode with its type bits; without one the entry is from DOS. */
  readonly mode?: number;
  readonly dosAttributes?: number;
  readonly extra?: Buffer;
  /** Point at an earlier member's bytes instead of having some of one's own. */
  readonly sameBytesAs?: number;
}

export const FILE = 0o100644;
export const PROGRAM = 0o100755;
export const LINK = 0o120777;
export const FOLDER = 0o040755;

const utf8Flag = (name: string | Buffer) => (typeof name === 'string' ? 0x800 : 0);

/** A ZIP with these members; `entryCount` is what its end record claims. */
export function buildZip(members: readonly ZipMember[], options: { entryCount?: number } = {}): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  const offsets: number[] = [];
  let offset = 0;
  for (const member of members) {
    const name = Buffer.from(member.name as string);
    const content = Buffer.from((member.content ?? '') as string);
    const method = member.method ?? (content.length > 0 ? 8 : 0);
    const packed = method === 8 ? deflateRawSync(content) : content;
    const fields = Buffer.alloc(26);
    fields.writeUInt16LE(20, 0);
    fields.writeUInt16LE(member.flags ?? utf8Flag(member.name), 2);
    fields.writeUInt16LE(method, 4);
    fields.writeUInt32LE(0x5a215a21, 6);
    fields.writeUInt32LE(member.crc ?? crc32(content), 10);
    fields.writeUInt32LE(member.packedSize ?? packed.length, 14);
    fields.writeUInt32LE(member.size ?? content.length, 18);
    fields.writeUInt16LE(name.length, 22);
    fields.writeUInt16LE(0, 24);
    const start = member.sameBytesAs === undefined ? offset : (offsets[member.sameBytesAs] ?? 0);
    offsets.push(start);
    if (member.sameBytesAs === undefined) {
      const local = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), fields, name, packed]);
      parts.push(local);
      offset += local.length;
    }
    directory.push(directoryRecord(member, fields, name, start));
  }
  const central = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(options.entryCount ?? members.length, 8);
  end.writeUInt16LE(options.entryCount ?? members.length, 10);
  end.writeUInt32LE(central.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...parts, central, end]);
}

function directoryRecord(member: ZipMember, fields: Buffer, name: Buffer, start: number): Buffer {
  const extra = member.extra ?? Buffer.alloc(0);
  const record = Buffer.alloc(46);
  record.write('PK\x01\x02', 'latin1');
  record.writeUInt16LE(member.mode === undefined ? 20 : (3 << 8) | 20, 4);
  fields.copy(record, 6);
  record.writeUInt16LE(extra.length, 30);
  const attributes = member.mode === undefined ? (member.dosAttributes ?? 0) : (member.mode << 16) >>> 0;
  record.writeUInt32LE(attributes, 38);
  record.writeUInt32LE(start, 42);
  return Buffer.concat([record, name, extra]);
}
