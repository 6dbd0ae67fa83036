/** Describes the scanner for `doctor`. */
import type { ClamdAddress } from '../config/clamd-address.ts';
import { askClamd, ClamdError } from './client.ts';
import { describeVersion, parseVersion } from './reply.ts';

/** Asks a clamd who it is. `ok` is false if it does not answer or its signatures are too old. */
export async function describeScanner(
  address: ClamdAddress,
  now: Date = new Date(),
): Promise<{ readonly ok: boolean; readonly text: string }> {
  try {
    const version = parseVersion(await askClamd(address, 'VERSION'));
    if (version === null) return { ok: false, text: 'the server at this address is not clamd' };
    const { text, stale } = describeVersion(version, now);
    return { ok: !stale, text };
  } catch (error) {
    if (error instanceof ClamdError) return { ok: false, text: error.message };
    throw error;
  }
}
