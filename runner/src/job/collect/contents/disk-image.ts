/**
 * What a disk image says about itself. The contents of a macOS image are compressed, in a file system of its own, which is
 * not read here; an image that is an ISO 9660 volume as well, as genisoimage makes them, has its name in plain text.
 */
import { open } from 'node:fs/promises';
import type { ContentFacts } from './index.ts';

/** ECMA-119 §8.4: the primary volume descriptor is in the seventeenth sector of 2048 bytes. */
const DESCRIPTOR = 16 * 2048;
const DESCRIPTOR_HEAD = '\u0001CD001\u0001';

/** The name of the volume, where it can be read. */
export async function diskImageFacts(path: string): Promise<ContentFacts> {
  await using file = await open(path);
  const { buffer, bytesRead } = await file.read(Buffer.alloc(72), 0, 72, DESCRIPTOR);
  const isVolume = bytesRead === 72 && buffer.toString('latin1', 0, 7) === DESCRIPTOR_HEAD;
  return { product: isVolume ? buffer.toString('latin1', 40, 72).trim() || null : null };
}
