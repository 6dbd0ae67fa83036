/** What a runner's row says of its malware scanner. */
import type { RunnerScanner } from '@appflux/protocol';

/** The official signatures come out daily. */
const STALE_MS = 7 * 86_400_000;

export interface ScannerLook {
  readonly text: string;
  /** When the signatures were made, to be shown behind the text; null when there is nothing to show. */
  readonly signaturesAt: string | null;
  /** Something that the owner should see to. */
  readonly warn: boolean;
}

/** Words for a scanner's state at a moment (milliseconds since the epoch). */
export function scannerLook(scanner: RunnerScanner, now: number): ScannerLook {
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
