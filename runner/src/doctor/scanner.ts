/** What `doctor` finds out about the malware scanner. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { ClamdAddress } from '../config/clamd-address.ts';
import type { Settings } from '../config/settings.ts';
import { findProgram } from '../find-program.ts';
import { chooseScanner } from '../scan/choose-scanner.ts';
import { askClamd, ClamdError } from '../scan/client.ts';
import { describeScanner } from '../scan/index.ts';
import { signatureFiles } from '../scan/signatures.ts';
import { checkScanner, type ScannerFacts } from './check-scanner.ts';
import type { Finding } from './checks.ts';

/** Where a managed clamd has its signatures from at first (docs/malware-scan.md). */
const HOST_SIGNATURES = '/var/lib/clamav';

/** Asks the scanner that jobs would use, without starting one. */
export async function lookAtScanner(settings: Pick<Settings, 'scan' | 'clamd' | 'state'>): Promise<Finding> {
  return checkScanner(settings.scan, await scannerFacts(settings), new Date());
}

async function scannerFacts(settings: Pick<Settings, 'scan' | 'clamd' | 'state'>): Promise<ScannerFacts> {
  if (settings.scan === 'off') return { kind: 'none' };
  const address = await chooseScanner(settings.clamd);
  if (address === null) return { kind: 'none' };
  if (address.kind !== 'managed') return { kind: 'answer', ...(await describeScanner(address)) };
  if ((await findProgram('clamd')) === null) return { kind: 'none' };
  const folder = join(settings.state, 'clamav');
  const ownAddress = { kind: 'unix', path: join(folder, 'clamd.sock') } as const;
  if (await answers(ownAddress)) return { kind: 'answer', ...(await describeScanner(ownAddress)) };
  const own = await newestSignatures(join(folder, 'db'));
  return { kind: 'managed', signaturesAt: own ?? (await newestSignatures(HOST_SIGNATURES)) };
}

/** Whether a clamd answers. One that does not is no fault where it runs only while the runner does. */
async function answers(address: ClamdAddress): Promise<boolean> {
  try {
    return (await askClamd(address, 'PING')) === 'PONG';
  } catch (error) {
    if (error instanceof ClamdError) return false;
    throw error;
  }
}

/** When the newest signatures of a folder were written; null for a folder without any, or that cannot be read. */
async function newestSignatures(folder: string): Promise<Date | null> {
  let newest: Date | null = null;
  try {
    for (const name of await signatureFiles(folder)) {
      const { mtime } = await stat(join(folder, name));
      if (newest === null || mtime > newest) newest = mtime;
    }
  } catch (error) {
    // Not made yet, another user's, or a file that an update has just replaced.
    if (!['ENOENT', 'EACCES'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  }
  return newest;
}
