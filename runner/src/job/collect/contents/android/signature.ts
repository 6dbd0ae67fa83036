/** Which signatures an APK carries. Whether they are right is for the phone to say, which checks them when it installs. */
import type { FileHandle } from 'node:fs/promises';

/** The end of a ZIP's central directory is at most a comment away from the end of the file (APPNOTE.TXT 4.3.16). */
const END_SEARCH = 22 + 0xffff;
const END_MAGIC = Buffer.from('PK\x05\x06', 'latin1');
/** source.android.com, "APK Signature Scheme v2": the block lies right before the central directory and ends so. */
const BLOCK_MAGIC = Buffer.from('APK Sig Block 42', 'latin1');
/** A block holds certificates and hashes; one that is larger is none of a real APK. */
const LARGEST_BLOCK = 8 * 1024 * 1024;

const SCHEMES = new Map([
  [0x7109871a, 'v2'],
  [0xf05368c0, 'v3'],
  [0x1b93ad61, 'v3.1'],
]);

/** The schemes of the APK signing block: `v2`, `v3`, `v3.1`. */
export async function blockSignatures(file: FileHandle, size: number): Promise<string[]> {
  const tail = await read(file, Math.max(0, size - END_SEARCH), Math.min(size, END_SEARCH));
  const end = tail.lastIndexOf(END_MAGIC);
  if (end === -1) return [];
  const directory = tail.readUInt32LE(end + 16);
  if (directory < 32 || directory > size) return [];
  const footer = await read(file, directory - 24, 24);
  if (!footer.subarray(8).equals(BLOCK_MAGIC)) return [];
  const length = Number(footer.readBigUInt64LE(0));
  if (length < 24 || length > LARGEST_BLOCK || length + 8 > directory) return [];
  const pairs = await read(file, directory - length, length - 24);
  const found: string[] = [];
  for (let at = 0; at + 12 <= pairs.length; ) {
    const pair = Number(pairs.readBigUInt64LE(at));
    const scheme = SCHEMES.get(pairs.readUInt32LE(at + 8));
    if (scheme !== undefined) found.push(scheme);
    if (pair < 4) break;
    at += 8 + pair;
  }
  return found.sort();
}

/** Whether a name in an APK or AAB is a signature of the JAR's kind (v1): a block file beside the manifest. */
export const isJarSignature = (name: string): boolean => /^META-INF\/[^/]+\.(?:RSA|DSA|EC)$/i.test(name);

async function read(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, position);
  return buffer.subarray(0, bytesRead);
}
