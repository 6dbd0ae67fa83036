/** What a Windows program says about itself: the Portable Executable format (learn.microsoft.com, "PE Format"). */
import { type FileHandle, open } from 'node:fs/promises';
import type { ContentFacts } from '../index.ts';
import { MalformedFile } from '../malformed.ts';
import { versionTexts } from './version-resource.ts';

const MACHINES = new Map([
  [0x014c, 'ia32'],
  [0x8664, 'x64'],
  [0xaa64, 'arm64'],
]);

/** Headers lie at the beginning, and NSIS' own behind a stub that is smaller than this. */
const HEAD_BYTES = 2 * 1024 * 1024;
/** The fifth of the data directories is the certificate table; its place depends on the width of addresses. */
const CERTIFICATES = 4;
const DIRECTORIES_BEHIND = new Map([
  [0x010b, 96],
  [0x020b, 112],
]);
/** NSIS' first header: a number, then these (fileform.h of NSIS), at a multiple of 512 bytes. */
const NSIS_MAGIC = Buffer.from('\xef\xbe\xad\xdeNullsoftInst', 'latin1');

/** Product, version, processor, whether it carries an Authenticode signature, and whether it is an installer made by NSIS. */
export async function windowsProgramFacts(path: string): Promise<ContentFacts> {
  await using file = await open(path);
  const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
  const head = buffer.subarray(0, bytesRead);
  if (head.toString('latin1', 0, 2) !== 'MZ') throw new MalformedFile('no MZ');
  const header = head.readUInt32LE(0x3c);
  if (head.toString('latin1', header, header + 4) !== 'PE\0\0') throw new MalformedFile('no PE header');
  const optional = header + 24;
  const behind = DIRECTORIES_BEHIND.get(head.readUInt16LE(optional));
  if (behind === undefined) throw new MalformedFile('no optional header');
  const directories = head.readUInt32LE(optional + behind - 4);
  const signed =
    directories > CERTIFICATES && head.readUInt32LE(optional + behind + CERTIFICATES * 8 + 4) > 0;
  const isNsis = hasNsisHeader(head);
  const texts = await versionOf(file, head, { header, directories: optional + behind, count: directories });
  return {
    product: texts.get('ProductName') ?? null,
    version: texts.get('ProductVersion') ?? texts.get('FileVersion') ?? null,
    company: texts.get('CompanyName') ?? null,
    // An installer of NSIS is a 32-bit program, whatever it installs.
    arch: isNsis ? null : (MACHINES.get(head.readUInt16LE(header + 4)) ?? null),
    signed,
    installer: isNsis ? 'NSIS' : null,
  };
}

/** The third of the data directories is the resource table. */
const RESOURCES = 2;
const SECTION_BYTES = 40;

/** The texts of the version resource; none where it can't be read, as a program runs without it, too. */
async function versionOf(
  file: FileHandle,
  head: Buffer,
  { header, directories, count }: { header: number; directories: number; count: number },
): Promise<ReadonlyMap<string, string>> {
  try {
    const directory = count > RESOURCES ? head.readUInt32LE(directories + RESOURCES * 8) : 0;
    if (directory === 0) return new Map();
    const sections = header + 24 + head.readUInt16LE(header + 20);
    const locate = (address: number): number | null => {
      for (let index = 0; index < head.readUInt16LE(header + 6); index += 1) {
        const at = sections + index * SECTION_BYTES;
        const inside = address - head.readUInt32LE(at + 12);
        if (inside >= 0 && inside < head.readUInt32LE(at + 16)) return head.readUInt32LE(at + 20) + inside;
      }
      return null;
    };
    return await versionTexts(file, directory, locate);
  } catch (error) {
    // Its processor and its signature are known all the same.
    if (error instanceof MalformedFile || error instanceof RangeError) return new Map();
    throw error;
  }
}

function hasNsisHeader(head: Buffer): boolean {
  for (let at = 512; at + 20 <= head.length; at += 512) {
    if (head.compare(NSIS_MAGIC, 0, NSIS_MAGIC.length, at + 4, at + 4 + NSIS_MAGIC.length) === 0) return true;
  }
  return false;
}
