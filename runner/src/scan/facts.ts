/** The facts about a runner's scanner that the edge shows. */
import type { RunnerScanner } from '@appflux/protocol';
import type { ClamdAddress } from '../config/clamd-address.ts';
import { askClamd, ClamdError } from './client.ts';
import { parseVersion } from './reply.ts';
import type { ScanPolicy } from './scanner.ts';

/** Resolves to where clamd listens, once it does. Rejects with a ClamdError. */
export type Connect = (signal: AbortSignal) => Promise<ClamdAddress>;

/** A clamd that is still loading its signatures is asked again later. */
const PATIENCE_MS = 5000;

/** Asks clamd for its version and the age of its signatures. One that does not answer in five seconds counts as missing. */
export async function scannerFacts(
  policy: ScanPolicy,
  connect: Connect,
  hasSignatures: () => Promise<boolean> = async () => true,
): Promise<RunnerScanner> {
  const nothing: RunnerScanner = { policy, engine: null, signaturesAt: null };
  if (policy === 'off') return nothing;
  const patience = AbortSignal.timeout(PATIENCE_MS);
  try {
    const version = parseVersion(await askClamd(await connect(patience), 'VERSION'));
    if (version === null) return nothing;
    if (version.signatures === null && !(await hasSignatures())) return { ...nothing, lacksSignatures: true };
    const signaturesAt = version.signatures?.date.toISOString() ?? null;
    return { policy, engine: version.engine, signaturesAt };
  } catch (error) {
    if (error instanceof ClamdError || patience.aborted) return nothing;
    throw error;
  }
}
