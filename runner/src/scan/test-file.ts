/**
 * The EICAR test file, which every malware scanner takes for malware and which harms nothing
 * (https://www.eicar.org/download-anti-malware-testfile/). The runner's own clamd recognizes it from the first minute,
 * so that a scan can be proved before, and without, the official signatures.
 */
import { chown, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { User } from './user.ts';

/** Put together here so that no scanner takes this source file for the test file. */
export const TEST_FILE = [
  'X5O!P%@AP[4\\PZX54(P^)7CC)7}$',
  'EICAR-STANDARD-ANTIVIRUS',
  '-TEST-FILE!$H+H*',
].join('');

export const TEST_SIGNATURE = 'AppFlux.Test.Eicar';

/** Its file in clamd's database folder. */
export const TEST_DATABASE = 'appflux-test.ndb';

/**
 * The signature in clamd's format for byte sequences, `name:file type:offset:hex`
 * (https://docs.clamav.net/manual/Signatures/BodySignatureFormat.html). It matches where a file begins with the text,
 * as EICAR defines it, and not where a text mentions it.
 */
export const testSignature = (): string =>
  `${TEST_SIGNATURE}:0:0:${Buffer.from(TEST_FILE).toString('hex')}\n`;

/** Puts the signature into a database folder. */
export async function writeTestSignature(database: string, user: User): Promise<void> {
  const path = join(database, TEST_DATABASE);
  await writeFile(path, testSignature());
  if (user.ids !== null) await chown(path, user.ids.uid, user.ids.gid);
}
