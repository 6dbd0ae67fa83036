/** Turns the end of the steps into the result that is reported. Pure. */
import { DetectionFailure } from '@appflux/detection';
import type { AttemptResult, Phase } from '@appflux/protocol';
import { own, say, type Text } from '../masking/sentence.ts';
import { type FailureReport, JobFailure, type Skip } from '../step-context.ts';
import { Stopped } from '../stop.ts';

/** How an attempt ended. The protocol's AttemptResult, with texts that know what they quote. */
export type AttemptReport =
  | Exclude<AttemptResult, { status: 'failed' | 'skipped' }>
  | { readonly status: 'failed'; readonly failure: FailureReport }
  | { readonly status: 'skipped'; readonly reason: Text };

/** How an attempt ended: what is reported, or null when nothing may be, and what only the runner's owner sees. */
export interface Outcome {
  readonly report: AttemptReport | null;
  /** An error that was not expected. */
  readonly fault?: unknown;
  /** It failed for lack of disk space: of the runner's machine (true), or it isn't known whose (undefined). */
  readonly diskFull?: { readonly ofMachine: boolean | undefined };
}

/** The outcome of steps that all went through. */
export const succeeded = (artifacts: readonly { readonly name: string }[]): Outcome => ({
  report: { status: 'success', artifacts: artifacts.map(({ name }) => name) },
});

/** The outcome of a build that its ignore command skipped. */
export const skipped = ({ reason }: Skip): Outcome => ({ report: { status: 'skipped', reason } });

/**
 * What a thrown value means.
 *
 * @param thrown what the steps threw
 * @param reason the signal's reason, if it aborted: it says more than what an interrupted step threw
 * @param phase where that was
 * @param timeoutSeconds the attempt's time limit
 */
export function outcomeOf(thrown: unknown, reason: unknown, phase: Phase, timeoutSeconds: number): Outcome {
  const cause = reason ?? thrown;
  if (cause instanceof Stopped) return stoppedOutcome(cause, phase, timeoutSeconds);
  if (cause instanceof JobFailure) {
    const { code, ofMachine } = cause;
    const isFull = code === 'disk_full' && ofMachine !== false;
    return { report: failed(cause, phase), ...(isFull && { diskFull: { ofMachine } }) };
  }
  if (cause instanceof DetectionFailure) return { report: failed(jobFailure(cause), phase) };
  if (isDiskFull(cause))
    return {
      report: failed(
        new JobFailure('disk_full', own('The runner’s disk is full'), {
          hint: own('Ask the owner of the runner to free disk space, then redeploy.'),
        }),
        phase,
      ),
      fault: cause,
      diskFull: { ofMachine: undefined },
    };
  const failure = new JobFailure('internal', say`Unexpected error in the runner while ${phase}`);
  return { report: failed(failure, phase), fault: cause };
}

const jobFailure = ({ code, message, hint, candidates }: DetectionFailure): JobFailure =>
  new JobFailure(code, message, { ...(hint !== undefined && { hint }), candidates });

function stoppedOutcome({ kind }: Stopped, phase: Phase, timeoutSeconds: number): Outcome {
  switch (kind) {
    case 'canceled':
    // An attempt that is given back is tried again immediately, and need not wait until its lease expires.
    case 'engine_lost':
    case 'stopping':
      return { report: { status: 'canceled' } };
    case 'timeout': {
      const limit = Math.round(timeoutSeconds);
      const failure = new JobFailure(
        'build_timeout',
        say`The build exceeded its time limit of ${limit} seconds`,
      );
      return { report: failed(failure, phase) };
    }
    case 'lease_lost':
    case 'superseded':
    case 'revoked':
      return { report: null };
  }
}

/** Whether the file system said that it has no room left (errno(3)), or its quota. */
function isDiskFull(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT');
}

const failed = (failure: JobFailure, phase: Phase): AttemptReport => ({
  status: 'failed',
  failure: failure.toReport(phase),
});
