/** The error of detection. */
import type { BuildCandidate, FailureCode } from '@appflux/protocol';

/** A source that can't be built as it is. The message and the hint are shown to the user and may quote names from the source. */
export class DetectionFailure extends Error {
  override readonly name = 'DetectionFailure';
  readonly code: FailureCode;
  /** What to do about it; `undefined` where the code's own advice is enough. */
  readonly hint: string | undefined;
  /** What could be built instead. */
  readonly candidates: readonly BuildCandidate[];

  constructor(
    code: FailureCode,
    message: string,
    details: { hint?: string; candidates?: readonly BuildCandidate[] } = {},
  ) {
    super(message);
    this.code = code;
    this.hint = details.hint;
    this.candidates = details.candidates ?? [];
  }
}
