/** The headers of a tar archive, as far as a backup's objects need them. Source: POSIX pax(1), "ustar Interchange Format" */

export const BLOCK = 512;

/** What ends an archive: two blocks of zeros. */
export const END = Buffer.alloc(2 * BLOCK);

/** A size in whole blocks. */
export const padded = (size: number): number => Math.ceil(size / BLOCK) * BLOCK;

/** The header of a plain file. `name` has at most 100 bytes of ASCII. */
export function tarHeader(name: string, size: number, modified: Date): Buffer {
  const header = Buffer.alloc(BLOCK);
  const octal = (value: number, at: number, length: number) =>
    header.write(`${value.toString(8).padStart(length - 1, '0')}\0`, at, 'ascii');
  header.write(name, 0, 100, 'ascii');
  octal(0o600, 100, 8);
  octal(0, 108, 8);
  octal(0, 116, 8);
  octal(size, 124, 12);
  octal(Math.floor(modified.getTime() / 1000), 136, 12);
  header.write('        ', 148, 'ascii');
  header.write('0', 156, 'ascii');
  header.write('ustar\x0000', 257, 'ascii');
  header.write(`${checksum(header).toString(8).padStart(6, '0')}\0 `, 148, 'ascii');
  return header;
}

/** Name and size in a header; `end` for a block of zeros, and null for anything that is no header of a plain file. */
export function readTarHeader(block: Buffer): { name: string; size: number } | 'end' | null {
  if (block.every((byte) => byte === 0)) return 'end';
  const text = (at: number, length: number) => {
    const field = block.toString('latin1', at, at + length);
    return field.split('\0', 1)[0] ?? '';
  };
  const number = (at: number, length: number) => {
    const digits = text(at, length).trim();
    return /^[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : null;
  };
  const size = number(124, 12);
  const plain = text(156, 1) === '0' && text(257, 5) === 'ustar';
  if (!plain || size === null || number(148, 8) !== checksum(block)) return null;
  return { name: text(0, 100), size };
}

/** The sum of the header's bytes, with spaces in the place of the sum. */
function checksum(header: Buffer): number {
  let sum = 0;
  for (const [index, byte] of header.entries()) sum += index >= 148 && index < 156 ? 0x20 : byte;
  return sum;
}
