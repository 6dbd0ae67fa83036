/** The order of test files: the longest ones start first, so that no worker is left alone with one at the end. */
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** The files that take longest, the longest first, by their paths in the checkout. */
export const LONGEST = [
  'e2e/kinds/tauri.docker.test.ts',
  'runner/src/cache/cache.docker.test.ts',
  'e2e/web/builds.docker.test.ts',
  'e2e/kinds/flutter.docker.test.ts',
  // Not together with Tauri's: they build the same image of a display.
  'e2e/kinds/desktop.docker.test.ts',
  'chaos/chaos.docker.test.ts',
  'runner/src/job/toolchain/toolchain.docker.test.ts',
  'e2e/faults/lease.test.ts',
  'e2e/faults/dispatch.test.ts',
  'dashboard/src/testing/pages.browser.test.ts',
  'dashboard/src/testing/flows.browser.test.ts',
  'dashboard/src/lib/log/log-view.browser.test.ts',
];

/** Puts the files of `longest` first, and keeps the order of all others. */
export function longestFirst<Spec extends { readonly moduleId: string }>(
  specs: readonly Spec[],
  longest: readonly string[] = LONGEST,
): Spec[] {
  const rank = ({ moduleId }: Spec) => {
    const index = longest.findIndex((path) => moduleId.endsWith(`/${path}`));
    return index === -1 ? longest.length : index;
  };
  return [...specs].sort((a, b) => rank(a) - rank(b));
}

export default class LongestFirst extends BaseSequencer {
  override async sort(specs: TestSpecification[]): Promise<TestSpecification[]> {
    return longestFirst(await super.sort(specs));
  }
}
