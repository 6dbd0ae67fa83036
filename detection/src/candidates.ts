/** Every way in which a source could be built, for somebody to choose from. */
import { BuildSettings, type CandidateSettings } from '@appflux/protocol';
import { type Decision, decide } from './decide.ts';
import { DetectionFailure } from './failure.ts';
import type { SourceTree } from './tree.ts';

/** One way, and the settings of an app that choose it. */
export interface Candidate {
  readonly set: CandidateSettings;
  readonly plan: Decision['plan'];
}

export interface Candidates {
  /** The one that is taken if nothing is chosen comes first, unless there is a problem with it. */
  readonly ways: readonly Candidate[];
  /** Why nothing would be built if nothing is chosen. */
  readonly problem: {
    readonly message: string;
    readonly hint: string | null;
    /** There are several to choose from, and nothing else is the matter. */
    readonly isAmbiguous: boolean;
  } | null;
}

const NOTHING: CandidateSettings = { rootDirectory: null, type: null, framework: null };

/** What a source could be built as, by its files and its appflux.json alone. */
export async function findCandidates(tree: SourceTree): Promise<Candidates> {
  const first = await attempt(tree, NOTHING);
  const isFailure = first instanceof DetectionFailure;
  const ways: Candidate[] = isFailure ? [] : [{ set: NOTHING, plan: first.plan }];
  for (const { set } of (isFailure ? first.candidates : first.plan.alternatives) ?? []) {
    const outcome = await attempt(tree, set);
    if (!(outcome instanceof DetectionFailure)) ways.push({ set, plan: outcome.plan });
  }
  if (!isFailure) return { ways, problem: null };
  const { code, message, hint } = first;
  return { ways, problem: { message, hint: hint ?? null, isAmbiguous: code === 'ambiguous' } };
}

const attempt = (
  tree: SourceTree,
  { rootDirectory, type, framework }: CandidateSettings,
): Promise<Decision | DetectionFailure> =>
  decide(rootDirectory === null ? tree : tree.from(rootDirectory), {
    type,
    build: BuildSettings.parse({ framework }),
  }).catch((error: unknown) => {
    if (error instanceof DetectionFailure) return error;
    throw error;
  });
