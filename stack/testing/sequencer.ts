/** The order of test files: the longest ones start first, so that no worker is left alone with one at the end. */
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** The files that begin first, in this order, by their paths in the checkout. */
export const FIRST = [
  'e2e/kinds/tauri.docker.test.ts',
  // A compiler uses all processors for minutes: next to it run the tests that mostly wait for a lease or a limit to end.
  'e2e/faults/lease.test.ts',
  'e2e/faults/dispatch.test.ts',
  'runner/src/sandbox/attacks/leftovers.docker.test.ts',
  'runner/src/commands/cli.docker.test.ts',
  'e2e/host/builds.test.ts',
  'e2e/cli/cli.test.ts',
  'stack/dev/dev.docker.test.ts',
  'e2e/container/compose.docker.test.ts',
  'e2e/service/systemd.docker.test.ts',
  'e2e/service/add-runner.docker.test.ts',
  'e2e/web/builds.docker.test.ts',
  'runner/src/cache/cache.docker.test.ts',
  'runner/src/cache/installed.docker.test.ts',
  'chaos/chaos.docker.test.ts',
  'e2e/supabase/account.test.ts',
  'runner/src/job/toolchain/toolchain.docker.test.ts',
  'e2e/kinds/flutter.docker.test.ts',
  'e2e/kinds/desktop.docker.test.ts',
  'e2e/upgrade/command.test.ts',
  'e2e/upgrade/upgrade.test.ts',
  'e2e/metadata/contract.test.ts',
  'runner/src/sandbox/attacks/resources.docker.test.ts',
  'e2e/supabase/join.test.ts',
  'runner/src/cache/hosts.docker.test.ts',
  'dashboard/src/testing/pages.browser.test.ts',
  'dashboard/src/testing/flows.browser.test.ts',
  'dashboard/src/lib/log/finished-log.browser.test.ts',
  'dashboard/src/lib/log/log-view.browser.test.ts',
  'stack/edge.test.ts',
];

/** Puts the files of `longest` first, and keeps the order of all others. */
export function longestFirst<Spec extends { readonly moduleId: string }>(
  specs: readonly Spec[],
  longest: readonly string[] = FIRST,
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
