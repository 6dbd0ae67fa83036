/** The status of a runner's malware scanner. */
import type { RunnerScanner } from '@appflux/protocol';

/** Official signatures are released daily. */
const STALE_MS = 7 * 86_400_000;

export interface ScannerStatus {
  readonly text: string;
  /** When the signatures were released, shown after the text; null to show nothing. */
  readonly signaturesAt: string | null;
  /** Whether the owner should act. */
  readonly warn: boolean;
}

/** A scanner's status as text. `now` is in milliseconds since the epoch. */
export function scannerStatus(scanner: RunnerScanner, now: number): ScannerStatus {
  const { policy, engine, signaturesAt, lacksSignatures = false } = scanner;
  if (policy === 'off') return { text: 'Malware scan off', signaturesAt: null, warn: false };
  if (engine === null) {
    const what = lacksSignatures ? 'Malware signatures not downloaded yet' : 'Malware scanner missing';
    const then =
      policy === 'required'
        ? 'builds fail'
        : lacksSignatures
          ? 'only the test file is detected'
          : 'malware scan skipped';
    return { text: `${what}: ${then}`, signaturesAt: null, warn: true };
  }
  const clamav = `ClamAV ${engine}`;
  if (signaturesAt === null) return { text: `${clamav}, custom signatures`, signaturesAt, warn: false };
  return { text: `${clamav}, signatures`, signaturesAt, warn: now - Date.parse(signaturesAt) > STALE_MS };
}
