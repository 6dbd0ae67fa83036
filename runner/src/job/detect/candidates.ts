/** Every way in which a source could be built, for somebody to choose from. */
import { type AppType, BuildSettings } from '@appflux/protocol';
import { JobFailure } from '../step.ts';
import { type Decision, decide } from './decide.ts';
import type { Alternative } from './rules/ask.ts';
import type { SourceTree } from './tree.ts';

/** One way, and the settings of an App that choose it; null for both where nothing has to be set. */
export interface Candidate {
  readonly set: { readonly type: AppType | null; readonly framework: string | null };
  readonly plan: Decision['plan'];
}

export interface Candidates {
  /** The one that is taken if nothing is chosen comes first, unless there is a problem with it. */
  readonly ways: readonly Candidate[];
  /** Why nothing would be built if nothing is chosen. */
  readonly problem: { readonly message: string; readonly hint: string | null } | null;
}

const TYPES: readonly AppType[] = ['android', 'desktop', 'web'];

/** What a source could be built as, by its files and its appflux.json alone. */
export async function findCandidates(tree: SourceTree): Promise<Candidates> {
  const first = await attempt(tree, null, null);
  if (!(first instanceof JobFailure)) {
    const ways: Candidate[] = [{ set: { type: null, framework: null }, plan: first.plan }];
    for (const other of first.alternatives) ways.push(...(await chosen(tree, other, first.plan.type)));
    return { ways, problem: null };
  }
  const ways: Candidate[] = [];
  for (const type of TYPES) {
    const outcome = await attempt(tree, type, null);
    if (!(outcome instanceof JobFailure)) ways.push({ set: { type, framework: null }, plan: outcome.plan });
  }
  return { ways, problem: { message: first.message, hint: first.hint ?? null } };
}

/** An alternative's plan. What is set is the least that chooses it, so that the rest goes on being detected. */
async function chosen(
  tree: SourceTree,
  { type, framework }: Alternative,
  usual: AppType,
): Promise<Candidate[]> {
  const set = type === usual ? { type: null, framework: framework ?? 'html' } : { type, framework: null };
  const outcome = await attempt(tree, set.type, set.framework);
  return outcome instanceof JobFailure ? [] : [{ set, plan: outcome.plan }];
}

const attempt = (
  tree: SourceTree,
  type: AppType | null,
  framework: string | null,
): Promise<Decision | JobFailure> =>
  decide(tree, { type, build: BuildSettings.parse({ framework }) }).catch((error: unknown) => {
    if (error instanceof JobFailure) return error;
    throw error;
  });
