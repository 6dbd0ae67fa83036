/** What a runner tells of its scanner. */
import type { RunnerScanner } from '@appflux/protocol';
import type { ClamdAddress } from './address.ts';
import { askClamd, ClamdError } from './client.ts';
import { parseVersion } from './reply.ts';
import type { ScanPolicy } from './scanner.ts';

/** Resolves to where clamd listens, once it does. Rejects with a ClamdError. */
export type Connect = (signal: AbortSignal) => Promise<ClamdAddress>;

/** A clamd that is still loading its signatures is asked again later. */
const PATIENCE_MS = 5000;

/** Asks clamd who it is. One that does not answer in five seconds is told of as one that is not there. */
export async function scannerFacts(policy: ScanPolicy, connect: Connect): Promise<RunnerScanner> {
  const nothing: RunnerScanner = { policy, engine: null, signaturesAt: null };
  if (policy === 'off') return nothing;
  const patience = AbortSignal.timeout(PATIENCE_MS);
  try {
    const version = parseVersion(await askClamd(await connect(patience), 'VERSION'));
    if (version === null) return nothing;
    const signaturesAt = version.signatures?.date.toISOString() ?? null;
    return { policy, engine: version.engine, signaturesAt };
  } catch (error) {
    if (error instanceof ClamdError && error.code === 'no_signatures') {
      return { ...nothing, lacksSignatures: true };
    }
    if (error instanceof ClamdError || patience.aborted) return nothing;
    throw error;
  }
}
