/** Scanning for malware with ClamAV. */
import { join } from 'node:path';
import type { Journal } from '../../agent/journal.ts';
import type { ScannerAddress } from './address.ts';
import { startManagedClamd } from './clamd.ts';
import { ClamdError } from './client.ts';
import { createScanner, type Scanner, type ScanPolicy } from './scanner.ts';

export { type ScannerAddress, ScannerAddressText } from './address.ts';
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
  /** Ends a managed clamd. */
  close(): Promise<void>;
}

/**
 * A runner's scanner, for all its jobs. Never rejects: a clamd that cannot be started is each job's affair, to which its
 * policy has the answer.
 */
export async function startScanning(options: ScanningOptions): Promise<Scanning> {
  const { policy, address, state, journal } = options;
  if (policy === 'off') {
    const scanner = createScanner({
      policy,
      connect: () => Promise.reject(new ClamdError('not_ready', 'It is off.')),
    });
    return { ...scanner, close: async () => undefined };
  }
  if (address.kind !== 'managed') {
    return { ...createScanner({ policy, connect: async () => address }), close: async () => undefined };
  }
  try {
    const clamd = await startManagedClamd({ folder: join(state, 'clamav'), journal });
    return {
      ...createScanner({ policy, connect: (signal) => clamd.connect(signal) }),
      close: () => clamd.close(),
    };
  } catch (error) {
    const problem =
      error instanceof ClamdError
        ? error
        : new ClamdError('not_ready', 'The malware scanner could not be started.', error);
    journal.error('The malware scanner could not be started', { reason: problem.message, policy });
    return {
      ...createScanner({ policy, connect: () => Promise.reject(problem) }),
      close: async () => undefined,
    };
  }
}
