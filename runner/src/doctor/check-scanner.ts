/** What `doctor` makes of the malware scanner. Pure. */
import type { ScanPolicy } from '../scan/index.ts';
import type { Finding } from './checks.ts';

export type ScannerFacts =
  | { readonly kind: 'none' }
  /** What a clamd says, or why it says nothing. `ok` is false for old signatures, too. */
  | { readonly kind: 'answer'; readonly ok: boolean; readonly text: string }
  /** One that runs only while the runner does; null when it has no signatures. */
  | { readonly kind: 'managed'; readonly signaturesAt: Date | null };

const DAY_MS = 86_400_000;
/** The official signatures come out daily. */
const STALE_DAYS = 7;

/** Names the policy, the scanner and the age of its signatures. A scan that jobs require and cannot have is bad. */
export function checkScanner(policy: ScanPolicy, scanner: ScannerFacts, now: Date): Finding {
  if (policy === 'off') {
    return {
      level: 'weak',
      text: 'Malware scan: off',
      advice: 'Start with --scan required or --scan optional',
    };
  }
  const setting = `Malware scan: ${policy}`;
  const lacking = policy === 'required' ? 'bad' : 'weak';
  if (scanner.kind === 'none') {
    return {
      level: lacking,
      text: `${setting}, but clamd is not installed`,
      advice:
        'Install ClamAV (Debian: clamav-daemon, clamav-freshclam), or set the address of a clamd with --clamd',
    };
  }
  if (scanner.kind === 'answer') {
    const text = `${setting}; ${scanner.text.replace(/\.$/, '')}`;
    if (scanner.ok) return { level: 'ok', text };
    return {
      level: lacking,
      text,
      advice: 'Check that this clamd is running and that its signatures are updated',
    };
  }
  if (scanner.signaturesAt === null) {
    return {
      level: lacking,
      text: `${setting}, with the runner’s own clamd, which has no signatures yet`,
      advice: 'Run freshclam, or check that it can reach its mirror',
    };
  }
  const days = Math.max(0, Math.floor((now.getTime() - scanner.signaturesAt.getTime()) / DAY_MS));
  const age = days === 1 ? 'one day' : `${days} days`;
  const text = `${setting}, with the runner’s own clamd, which is not running; its signatures are ${age} old`;
  if (days <= STALE_DAYS) return { level: 'ok', text };
  return { level: 'weak', text, advice: 'Check that freshclam is installed and can reach its mirror' };
}
