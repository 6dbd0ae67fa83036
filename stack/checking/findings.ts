/** Checks of ours that read the sources: each returns a line per finding. */
import type { Progress } from '../progress.ts';
import { checkVersions } from '../release/versions.ts';
import { NOTHING, type Outcome } from '../testing/verdict.ts';
import { sourceFiles } from './checks.ts';
import { checkPackageTargets } from './package-targets.ts';
import { checkTestHelpers } from './test-helpers.ts';
import { checkTranslations } from './translations.ts';
import { checkWords } from './words.ts';

export interface SourceCheck {
  readonly title: string;
  /** Takes the checkout's folder and its files, named by their paths in it. */
  readonly find: (root: string, files: readonly string[]) => Promise<string[]>;
}

const SOURCE_CHECKS: readonly SourceCheck[] = [
  { title: 'targets of packages', find: checkPackageTargets },
  { title: 'versions of packages', find: checkVersions },
  { title: 'words', find: checkWords },
  { title: 'helpers of tests', find: checkTestHelpers },
  { title: 'translations', find: checkTranslations },
];

/** Runs the checks, prints what they find, and counts them as tests. */
export async function checkSources(
  root: string,
  progress: Progress,
  checks: readonly SourceCheck[] = SOURCE_CHECKS,
): Promise<Outcome> {
  const outcome = structuredClone(NOTHING);
  const files = await sourceFiles(root);
  for (const { title, find } of checks) {
    const task = progress.task(`Checking: ${title}`);
    const lines = await find(root, files);
    if (lines.length === 0) task.done();
    else {
      task.failed();
      for (const line of lines) progress.say(line);
    }
    outcome[lines.length === 0 ? 'passed' : 'failed'] += 1;
  }
  return outcome;
}
