/** Scanning for malware with ClamAV. */
import { join } from 'node:path';
import type { RunnerScanner } from '@appflux/protocol';
import type { ScannerAddress } from '../config/clamd-address.ts';
import type { Journal } from '../journal.ts';
import { type ManagedClamd, startManagedClamd } from './clamd.ts';
import { ClamdError } from './client.ts';
import { type Connect, scannerFacts } from './facts.ts';
import { createScanner, type Scanner, type ScanPolicy } from './scanner.ts';

export { type ScannerAddress, ScannerAddressText } from '../config/clamd-address.ts';
export { describeScanner } from './describe.ts';
export type { Scanner, ScanPolicy } from './scanner.ts';

export interface ScanningOptions {
  readonly policy: ScanPolicy;
  readonly address: ScannerAddress;
  /** The runner's state folder: a managed clamd keeps its signatures in `clamav` below it. */
  readonly state: string;
  readonly journal: Journal;
}

export interface Scanning extends Scanner {
  /** The facts that its owner sees. */
  facts(): Promise<RunnerScanner>;
  /** Ends a managed clamd. */
  close(): Promise<void>;
}

/**
 * A runner's scanner, for all its jobs. Never rejects: if clamd cannot be started, the policy
 * decides for each job.
 */
export async function startScanning(options: ScanningOptions): Promise<Scanning> {
  const { policy, address, state, journal } = options;
  if (policy === 'off') {
    return scanning(policy, () => Promise.reject(new ClamdError('not_ready', 'Turned off.')));
  }
  if (address.kind !== 'managed') return scanning(policy, async () => address);
  try {
    const clamd = await startManagedClamd({ folder: join(state, 'clamav'), journal });
    return scanning(policy, (signal) => clamd.connect(signal), clamd);
  } catch (error) {
    const problem =
      error instanceof ClamdError
        ? error
        : new ClamdError('not_ready', 'The malware scanner could not be started.', error);
    journal.error('The malware scanner could not be started', { reason: problem.message, policy });
    return scanning(policy, () => Promise.reject(problem));
  }
}

function scanning(
  policy: ScanPolicy,
  connect: Connect,
  managed?: Pick<ManagedClamd, 'hasSignatures' | 'close'>,
): Scanning {
  const options = managed === undefined ? {} : { hasSignatures: managed.hasSignatures };
  return {
    ...createScanner({ policy, connect, ...options }),
    facts: () => scannerFacts(policy, connect, managed?.hasSignatures),
    close: async () => managed?.close(),
  };
}
