/** Which Debian packages the tests need, besides those that the commands install for themselves. */
import type { TestPlan } from './plan.ts';

interface Need {
  readonly packages: readonly string[];
  /** Where its program may be: when one of them is there, nothing is needed. */
  readonly programs: readonly string[];
  readonly when: (plan: TestPlan) => boolean;
  /** Where it cannot be installed, its tests are skipped and say why, and all others run. */
  readonly optional?: boolean;
}

const NEEDS: readonly Need[] = [
  {
    packages: ['shellcheck'],
    programs: ['/usr/bin/shellcheck', '/usr/local/bin/shellcheck'],
    when: (plan) => plan.checks,
  },
  { packages: ['git'], programs: ['/usr/bin/git', '/usr/local/bin/git'], when: (plan) => plan.git },
  { packages: ['chromium'], programs: ['/usr/bin/chromium'], when: (plan) => plan.browser },
  {
    packages: ['clamav-daemon', 'clamav-freshclam'],
    programs: ['/usr/sbin/clamd', '/usr/local/sbin/clamd'],
    when: (plan) => plan.scanner,
    optional: true,
  },
];

/** The packages to install for a plan, where a program is there only if `exists` says so of its path. */
export function packagesFor(
  plan: TestPlan,
  exists: (path: string) => boolean,
): { readonly required: string[]; readonly optional: string[] } {
  const missing = NEEDS.filter(({ programs, when }) => when(plan) && !programs.some(exists));
  const of = (optional: boolean) =>
    missing.filter((need) => (need.optional ?? false) === optional).flatMap(({ packages }) => packages);
  return { required: of(false), optional: of(true) };
}
