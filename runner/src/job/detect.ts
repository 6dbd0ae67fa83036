/** Third step of a job: what the source is, and how it is built. */
import { realpath } from 'node:fs/promises';
import { relative, sep } from 'node:path';
import { chooseVersion, type Decision, decide } from '@appflux/detection';
import type { AppType, BuildSettings } from '@appflux/protocol';
import type { StepContext } from '../step-context.ts';
import { readTree } from './read-tree.ts';

export interface DetectPlanSettings {
  readonly type: AppType | null;
  readonly build: BuildSettings;
  /**
   * The source's top, when `root` is a folder in it: then lockfiles, versions and appflux.json of the folders
   * above count, as in a monorepo. Without it nothing above `root` is looked at.
   */
  readonly within?: string;
  /** Whether the instance runs servers of sites; false unless set. */
  readonly servers?: boolean;
  /** The app's variables: some ask for versions. */
  readonly variables?: Readonly<Record<string, string>>;
  /** The branch or tag that was fetched: a tag gives the version where the project itself says none. */
  readonly ref?: string | null;
}

/**
 * Decides how the source in `root` is built, and writes the reasons into the log.
 * @throws {JobFailure} `nothing_to_build`, `settings_invalid` or `source_invalid`; the reason of `ctx.signal`
 * if it aborts.
 */
export async function detectPlan(
  root: string,
  settings: DetectPlanSettings,
  ctx: StepContext,
): Promise<Decision> {
  const top = await realpath(settings.within ?? root);
  const base = relative(top, await realpath(root))
    .split(sep)
    .join('/');
  const tree = await readTree(top, base, ctx.signal);
  const decision = await decide(tree, settings);
  for (const reason of decision.plan.reasons) ctx.log(reason);
  return { ...decision, version: chooseVersion(decision.version, settings.ref ?? null) };
}
