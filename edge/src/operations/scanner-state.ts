/** In which state a runner's malware scanner is. Pure. */
import type { RunnerScanner } from '@appflux/protocol';

/** Signatures that are older are out of date: ClamAV publishes new ones daily. */
export const SIGNATURES_DAYS = 7;
const DAY_MS = 86_400_000;

export const SCANNER_STATES = ['ok', 'outdated', 'no_signatures', 'missing', 'off', 'unknown'] as const;
export type ScannerState = (typeof SCANNER_STATES)[number];

/** In which state a runner's scanner is, at `now` (Unix milliseconds). */
export function scannerState(scanner: RunnerScanner | undefined, now: number): ScannerState {
  if (scanner === undefined) return 'unknown';
  if (scanner.policy === 'off') return 'off';
  if (scanner.lacksSignatures) return 'no_signatures';
  if (scanner.engine === null) return 'missing';
  if (scanner.signaturesAt === null) return 'no_signatures';
  return now - Date.parse(scanner.signaturesAt) > SIGNATURES_DAYS * DAY_MS ? 'outdated' : 'ok';
}
