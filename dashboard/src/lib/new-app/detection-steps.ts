/** What to do if detection finds nothing that it can build, as buttons. */
import type { Candidates } from '@appflux/detection';
import { isAppFluxError } from '@appflux/protocol';
import { LookFailure } from '#lib/detection/look-repository.ts';

/** A next step that the form can take. */
export type DetectionStep =
  | { readonly kind: 'retry' }
  /** Go back to the choice of the source. */
  | { readonly kind: 'source' }
  /** Move the focus to a field. */
  | { readonly kind: 'field'; readonly field: FieldName }
  /** Give access to a private repository. */
  | { readonly kind: 'credential'; readonly isRejected: boolean }
  | { readonly kind: 'branch'; readonly branch: string }
  | { readonly kind: 'runners' };

export type FieldName = 'branch' | 'rootDirectory' | 'buildCommand';

const field = (name: FieldName): DetectionStep => ({ kind: 'field', field: name });

/** How many branches are offered as buttons. */
const MOST_BRANCHES = 3;

/** The steps after a source was read, but nothing that can be built was found in it. */
export function stepsForNothing({ ways, problem }: Candidates): DetectionStep[] {
  // Projects elsewhere in the source, or one of several, are chosen in the list of candidates.
  if (problem === null || ways.length > 0) return [];
  return [field('rootDirectory'), field('buildCommand'), { kind: 'source' }];
}

/**
 * The steps after a source couldn't be read.
 * @param branches of the repository, where they are known
 */
export function stepsForError(error: unknown, branches: readonly string[] = []): DetectionStep[] {
  if (error instanceof LookFailure) {
    const { code, credential } = error.details;
    if (credential)
      return [{ kind: 'credential', isRejected: credential === 'rejected' }, { kind: 'source' }];
    if (code === 'no_runner') return [{ kind: 'runners' }, { kind: 'retry' }];
    if (code === 'source_unavailable') {
      const others = branches
        .slice(0, MOST_BRANCHES)
        .map((branch): DetectionStep => ({ kind: 'branch', branch }));
      // Most hosts don't tell a private repository from one that doesn't exist.
      return [
        ...others,
        { kind: 'credential', isRejected: false },
        field('branch'),
        { kind: 'source' },
        { kind: 'retry' },
      ];
    }
    return [field('rootDirectory'), { kind: 'source' }, { kind: 'retry' }];
  }
  // A file that isn't a ZIP doesn't become one.
  return isAppFluxError(error) ? [{ kind: 'retry' }] : [{ kind: 'source' }];
}
