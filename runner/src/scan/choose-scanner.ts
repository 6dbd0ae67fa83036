/** The malware scanner of a runner: the configured one, or the one of its host. */
import { stat } from 'node:fs/promises';
import type { Settings } from '../config/settings.ts';
import { findProgram } from '../find-program.ts';
import type { Journal } from '../journal.ts';
import { type ScannerAddress, type Scanning, startScanning } from './index.ts';
import { silentScanner } from './one-job.ts';

/**
 * Where the packages of Debian and Ubuntu, of Fedora and Red Hat, and of Arch have clamd listen. Only folders that
 * belong to root or clamd: in /tmp anyone could run a fake scanner that finds nothing.
 */
const USUAL_SOCKETS = ['/run/clamav/clamd.ctl', '/run/clamd.scan/clamd.sock', '/run/clamav/clamd.sock'];

/** The scanners that a host has. */
export interface ScanningHost {
  /** The socket of a clamd that is there; null if none is. */
  readonly socket: string | null;
  /** Whether clamd is installed, so that the runner can start one of its own. */
  readonly hasClamd: boolean;
}

/** The address that is set, else the socket that is there, else a clamd of the runner's own; null for none. Pure. */
export function pickScanner(set: ScannerAddress | undefined, host: ScanningHost): ScannerAddress | null {
  if (set !== undefined) return set;
  if (host.socket !== null) return { kind: 'unix', path: host.socket };
  return host.hasClamd ? { kind: 'managed' } : null;
}

/** Looks for a scanner on this host. */
export async function chooseScanner(set: ScannerAddress | undefined): Promise<ScannerAddress | null> {
  if (set !== undefined) return set;
  return pickScanner(set, {
    socket: await firstSocket(USUAL_SOCKETS),
    hasClamd: (await findProgram('clamd')) !== null,
  });
}

async function firstSocket(paths: readonly string[]): Promise<string | null> {
  for (const path of paths) {
    const isSocket = await stat(path).then(
      (stats) => stats.isSocket(),
      // Not there, or not for this user to see: either way it cannot be used.
      () => false,
    );
    if (isSocket) return path;
  }
  return null;
}

/** Opens the scanner that the settings ask for, for all jobs of a runner. Its errors are handled by each job. */
export async function openScanning(
  settings: Pick<Settings, 'scan' | 'clamd' | 'state'>,
  journal: Journal,
): Promise<Scanning> {
  return openScannerAt(await chooseScanner(settings.clamd), settings, journal);
}

/** Opens the scanner at an address; null where the host has none. */
export async function openScannerAt(
  address: ScannerAddress | null,
  { scan: policy, state }: Pick<Settings, 'scan' | 'state'>,
  journal: Journal,
): Promise<Scanning> {
  if (policy === 'optional' && address === null) {
    journal.warn('Malware scan skipped: clamd is not installed');
    return NO_SCANNER;
  }
  // Without one, a job that requires a scan fails with this message.
  return startScanning({ policy, address: address ?? { kind: 'managed' }, state, journal });
}

const NO_SCANNER: Scanning = {
  ...silentScanner('Malware scan skipped: ClamAV is not installed on this runner.'),
  facts: async () => ({ policy: 'optional', engine: null, signaturesAt: null }),
  close: async () => undefined,
};
