/** Lists the ways in which a source can be built, for people to choose from. */
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
  /** The default choice comes first, unless it has a problem. */
  readonly ways: readonly Candidate[];
  /** Why the default choice can't be built. */
  readonly problem: {
    readonly message: string;
    readonly hint: string | null;
    /** The only problem is that there are several to choose from. */
    readonly isAmbiguous: boolean;
  } | null;
}

const NOTHING: CandidateSettings = { rootDirectory: null, type: null, framework: null };

/**
 * The candidates of a source, from its files and its appflux.json alone.
 * @param servers whether the instance runs servers of sites
 */
export async function findCandidates(tree: SourceTree, servers = false): Promise<Candidates> {
  const first = await attempt(tree, NOTHING, servers);
  const isFailure = first instanceof DetectionFailure;
  const ways: Candidate[] = isFailure ? [] : [{ set: NOTHING, plan: first.plan }];
  for (const { set } of (isFailure ? first.candidates : first.plan.alternatives) ?? []) {
    const outcome = await attempt(tree, set, servers);
    if (!(outcome instanceof DetectionFailure)) ways.push({ set, plan: outcome.plan });
  }
  if (!isFailure) return { ways, problem: null };
  const { code, message, hint } = first;
  return { ways, problem: { message, hint: hint ?? null, isAmbiguous: code === 'ambiguous' } };
}

const attempt = (
  tree: SourceTree,
  { rootDirectory, type, framework }: CandidateSettings,
  servers: boolean,
): Promise<Decision | DetectionFailure> =>
  decide(rootDirectory === null ? tree : tree.from(rootDirectory), {
    type,
    build: BuildSettings.parse({ framework }),
    servers,
  }).catch((error: unknown) => {
    if (error instanceof DetectionFailure) return error;
    throw error;
  });
