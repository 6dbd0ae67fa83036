/**
 * Paths as byte strings: one UTF-16 unit for each byte (Node's encoding `latin1`). A name on Linux is bytes, and a
 * repository may hold some that are not UTF-8; read as text, they would be names of files that do not exist.
 */
import { join } from 'node:path';

/** Names are read with this encoding, and links' targets. */
export const BYTES = 'latin1';

/** Text, such as the path of a workspace, as a byte string. */
export const bytesOf = (text: string): string => Buffer.from(text, 'utf8').toString(BYTES);

/** What the file system is given for a path below `top`; both are byte strings. */
export const onDisk = (top: string, ...path: readonly string[]): Buffer =>
  Buffer.from(join(top, ...path), BYTES);

/** A byte string as text for people; what is no UTF-8 becomes U+FFFD. */
export const textOf = (bytes: string): string => Buffer.from(bytes, BYTES).toString('utf8');
